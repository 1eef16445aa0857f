import type { EndpointConfig } from '@inmesh/core'
import type { FieldScope } from '../field/field-scope.js'

/** Every address of an assignment so far. */
export class Addresses {
  /** Whether host names are taken; else only IP literals. A name may stand there twice. */
  readonly allowNames: boolean
  readonly #byKey = new Map<string, EndpointConfig | undefined>()

  /**
   * @param allowNames - Whether host names are taken.
   */
  constructor(allowNames: boolean) {
    this.allowNames = allowNames
  }

  /** By `host:port`, with the endpoint where there was nothing to report of it. */
  get byKey(): ReadonlyMap<string, EndpointConfig | undefined> {
    return this.#byKey
  }

  /** Notes an endpoint. Gives false where its address is there already, whose endpoint it then takes the place of. */
  add(endpoint: EndpointConfig): boolean {
    // To look whether it is there would take as long again as to add it.
    const before = this.#byKey.size
    return this.#byKey.set(endpoint.key, endpoint).size > before
  }

  /** Notes an address of an endpoint of which there is more to say. A second one of the same is an error (gRFC A27). */
  take(scope: FieldScope, key: string): void {
    if (!this.allowNames && this.#byKey.has(key)) scope.malformed(`the address ${key} is there already`)
    this.#byKey.set(key, undefined)
  }
}
