import type { ActiveSpan } from '@inmesh/core'
import type { Context } from '@opentelemetry/api'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/** A context of OpenTelemetry in which code runs. */
export class SpanScope implements ActiveSpan {
  readonly #api: OpenTelemetryApi
  readonly #context: Context

  /**
   * @param api - OpenTelemetry.
   * @param context - The context.
   */
  constructor(api: OpenTelemetryApi, context: Context) {
    this.#api = api
    this.#context = context
  }

  run<T>(callback: () => T): T {
    return this.#api.context.with(this.#context, callback)
  }
}
