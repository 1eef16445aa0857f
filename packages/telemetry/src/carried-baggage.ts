import { boundedBaggage, parseBaggage } from '@inmesh/core'
import type { Baggage, Context } from '@opentelemetry/api'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/** The W3C `baggage` of requests as OpenTelemetry has it, for applications that read and change it there. */
export class CarriedBaggage {
  readonly #api: OpenTelemetryApi
  readonly #key: symbol

  /**
   * @param api - OpenTelemetry.
   */
  constructor(api: OpenTelemetryApi) {
    this.#api = api
    this.#key = api.createContextKey('inmesh.baggage')
  }

  /**
   * @param context - Where the code of a request is to run.
   * @param header - What came with the request; may be empty.
   * @returns the same with that baggage and no other.
   */
  enter(context: Context, header: string): Context {
    const { propagation } = this.#api
    if (header === '') {
      return propagation.getBaggage(context) === undefined ? context : propagation.deleteBaggage(context)
    }
    const entries = [...parseBaggage(header)].map(([name, value]) => [name, { value }] as const)
    const baggage = propagation.createBaggage(Object.fromEntries(entries))
    return propagation.setBaggage(context, baggage).setValue(this.#key, baggage)
  }

  /**
   * @param context - Where a call is made.
   * @returns the header that the call is to have; undefined where it is that of the request as it came.
   */
  changed(context: Context): string | undefined {
    const baggage = this.#api.propagation.getBaggage(context)
    const received = context.getValue(this.#key)
    if (baggage === received) return undefined
    return baggage === undefined ? '' : boundedBaggage(asHeader(baggage))
  }
}

function asHeader(baggage: Baggage): string {
  return baggage
    .getAllEntries()
    .map(([name, { value, metadata }]) => {
      const member = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
      return metadata === undefined ? member : `${member};${metadata.toString()}`
    })
    .join(',')
}
