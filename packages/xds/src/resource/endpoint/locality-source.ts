import { type EndpointConfig, type Slices, WireCursor } from '@inmesh/core'
import { type ClusterLoadAssignment, LbEndpoint, type LocalityLbEndpoints } from '@inmesh/xds-proto'
import { STEP_BYTES } from '../../wire/step-bytes.js'
import type { FieldScope } from '../field/field-scope.js'
import type { Addresses } from './addresses.js'
import type { KnownEndpoints } from './endpoint-resource.js'
import { translateLbEndpoint } from './lb-endpoint.js'
import type { KnownMetadata } from './metadata-reader.js'
import { PlainEndpointReader } from './plain-endpoint.js'
import { LB_ENDPOINT_TAG, type SerializedLocality } from './serialized-assignment.js'
import { type EndpointPlaces, UnchangedEndpoints } from './unchanged-endpoints.js'

/** One locality of an assignment that is translated. */
export interface LocalitySource {
  /** Its message; `lb_endpoints` may be left out of it. */
  readonly message: LocalityLbEndpoints
  /**
   * Translates its `lb_endpoints`.
   *
   * @param scope - The locality.
   * @param addresses - Addresses of the whole assignment so far.
   */
  endpoints(scope: FieldScope, addresses: Addresses): Slices<EndpointConfig[]>
}

/** Translates endpoints that are decoded. */
export function translateLbEndpoints(
  scope: FieldScope,
  messages: readonly LbEndpoint[],
  addresses: Addresses,
): EndpointConfig[] {
  return messages.flatMap(
    (message, index) => translateLbEndpoint(scope.at('lb_endpoints', index), message, addresses) ?? [],
  )
}

/** The localities of an assignment that is decoded: one that is inline in a cluster. */
export function decodedLocalities(message: ClusterLoadAssignment): readonly LocalitySource[] {
  return message.endpoints.map((locality) => ({
    message: locality,
    // biome-ignore lint/correctness/useYield: what stands in a cluster is small and takes no slices.
    *endpoints(scope, addresses) {
      return translateLbEndpoints(scope, locality.lbEndpoints, addresses)
    },
  }))
}

/** The localities of an assignment that is serialized. */
export class SerializedLocalities {
  /** In their order. */
  readonly sources: readonly LocalitySource[]
  readonly #bytes: Buffer
  readonly #plain: PlainEndpointReader
  readonly #unchanged: UnchangedEndpoints
  readonly #before: KnownEndpoints['byKey'] | undefined
  #sinceYield = 0

  /**
   * @param bytes - The assignment.
   * @param localities - Its localities.
   * @param before - What is remembered of the copy in use.
   */
  constructor(bytes: Buffer, localities: readonly SerializedLocality[], before: KnownEndpoints | undefined) {
    this.#bytes = bytes
    this.#plain = new PlainEndpointReader(bytes, before)
    this.#unchanged = new UnchangedEndpoints(bytes, before?.places)
    this.#before = before?.byKey
    this.sources = localities.map((locality) => ({
      message: locality.message,
      endpoints: (scope, addresses) => this.#endpoints(locality, scope, addresses),
    }))
  }

  /** Where their endpoints stand. */
  get places(): EndpointPlaces {
    return this.#unchanged.places
  }

  /** The metadata of their endpoints. */
  get knownMetadata(): KnownMetadata {
    return this.#plain.knownMetadata(this.#unchanged.places.endpoints.length)
  }

  *#endpoints(locality: SerializedLocality, scope: FieldScope, addresses: Addresses): Slices<EndpointConfig[]> {
    const endpoints: EndpointConfig[] = []
    const fields = new WireCursor(this.#bytes, locality.start, locality.end)
    for (let index = 0; !fields.isAtEnd; ) {
      const tag = fields.varint()
      if (tag !== LB_ENDPOINT_TAG) {
        fields.skip(tag & 7)
        continue
      }
      const end = fields.enter()
      this.#sinceYield += end - fields.position
      if (this.#sinceYield > STEP_BYTES) {
        yield
        this.#sinceYield = 0
      }
      const endpoint = this.#endpoint(fields.position, end, scope, index, addresses)
      if (endpoint !== undefined) endpoints.push(endpoint)
      fields.position = end
      index++
    }
    return endpoints
  }

  #endpoint(
    start: number,
    end: number,
    scope: FieldScope,
    index: number,
    addresses: Addresses,
  ): EndpointConfig | undefined {
    const endpoint = this.#unchanged.find(start, end) ?? this.#plain.read(start, end)
    if (endpoint !== undefined && addresses.add(endpoint)) {
      this.#unchanged.add(start, end, endpoint, this.#before?.get(endpoint.key))
      return endpoint
    }
    this.#unchanged.add(start, end, undefined)
    const message = LbEndpoint.decode(this.#bytes.subarray(start, end))
    return translateLbEndpoint(scope.at('lb_endpoints', index), message, addresses)
  }
}
