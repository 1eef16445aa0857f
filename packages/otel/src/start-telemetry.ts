import { RegisteredProvider } from '@inmesh/telemetry'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { api, NodeSDK, type NodeSDKConfiguration, resources } from '@opentelemetry/sdk-node'
import { type Environment, exportsJson, resourceAttributes, type TelemetryOptions } from './telemetry-options.js'

/** The SDK of OpenTelemetry, started. */
export interface Telemetry extends AsyncDisposable {
  /** Whether it was started here: not where another SDK was there first, nor while `OTEL_SDK_DISABLED` is `true`. */
  readonly started: boolean
  /** Sends what has ended. `mesh.close()` does it by itself. */
  flush(): Promise<void>
  /** Sends what has ended and stops; later spans go nowhere. */
  shutdown(): Promise<void>
}

/**
 * Starts the SDK of OpenTelemetry for the spans of meshes and of the application: they are sent in batches by OTLP over HTTP, to
 * `http://localhost:4318` unless `OTEL_EXPORTER_OTLP_ENDPOINT` names another place. Every variable `OTEL_*` of the SDK counts. Nothing is
 * instrumented beside the meshes; metrics and logs are sent where `OTEL_METRICS_EXPORTER` or `OTEL_LOGS_EXPORTER` ask for it. Before or after
 * `createMesh()` makes no difference, except for the requests in between.
 *
 * @param options - Who the process is.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  return startIn(process.env, options)
}

/**
 * The same with an environment of its own.
 *
 * @param environment - Variables to look in; those of the SDK are those of the process.
 * @param options - Who the process is.
 */
function startIn(environment: Environment, options: TelemetryOptions): Telemetry {
  const provider = new RegisteredProvider(api)
  // A second SDK would not be heard.
  if (environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true' || provider.tracer('inmesh') !== undefined)
    return new SdkHandle(undefined, provider)
  const sdk = new NodeSDK(configuration(environment, options))
  sdk.start()
  return new SdkHandle(sdk, provider)
}

function configuration(environment: Environment, options: TelemetryOptions): Partial<NodeSDKConfiguration> {
  const own = resources.resourceFromAttributes(resourceAttributes(options, environment))
  return {
    resource: resources.defaultResource().merge(own),
    ...(exportsJson(environment) && { traceExporter: new OTLPTraceExporter() }),
    // By itself the SDK would send these too.
    ...(!environment.OTEL_METRICS_EXPORTER && { metricReaders: [] }),
    ...(!environment.OTEL_LOGS_EXPORTER && { logRecordProcessors: [] }),
  }
}

class SdkHandle implements Telemetry {
  readonly #sdk: NodeSDK | undefined
  readonly #provider: RegisteredProvider

  constructor(sdk: NodeSDK | undefined, provider: RegisteredProvider) {
    this.#sdk = sdk
    this.#provider = provider
  }

  get started(): boolean {
    return this.#sdk !== undefined
  }

  async flush(): Promise<void> {
    if (this.started) await this.#provider.flush()
  }

  async shutdown(): Promise<void> {
    await this.#sdk?.shutdown()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }
}
