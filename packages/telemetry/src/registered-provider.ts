import type { Tracer } from '@opentelemetry/api'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/** What the API gives until an SDK is registered, and keeps giving afterwards in front of that. */
interface ProviderInFront {
  getDelegateTracer?(name: string): Tracer | undefined
  /** The SDK's own, whose methods are no part of the API. */
  getDelegate?(): { forceFlush?(): Promise<void> }
}

/** The SDK that the process has registered with OpenTelemetry, if it has. */
export class RegisteredProvider {
  readonly #api: Pick<OpenTelemetryApi, 'trace'>

  /**
   * @param api - OpenTelemetry.
   */
  constructor(api: Pick<OpenTelemetryApi, 'trace'>) {
    this.#api = api
  }

  /**
   * @param scope - Name of the scope that its spans have.
   * @returns undefined as long as there is no SDK.
   */
  tracer(scope: string): Tracer | undefined {
    return this.#provider.getDelegateTracer?.(scope)
  }

  /** Sends the spans that have ended, where the SDK can be asked to. */
  async flush(): Promise<void> {
    await this.#provider.getDelegate?.().forceFlush?.()
  }

  get #provider(): ProviderInFront {
    return this.#api.trace.getTracerProvider() as ProviderInFront
  }
}
