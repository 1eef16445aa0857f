import type { EndpointConfig, Slices } from '@inmesh/core'
import { type ClusterLoadAssignment, LbEndpoint, type LocalityLbEndpoints } from '@inmesh/xds-proto'
import { STEP_BYTES } from '../../wire/step-bytes.js'
import type { FieldScope } from '../field/field-scope.js'
import type { Addresses } from './addresses.js'
import type { KnownEndpoints } from './endpoint-resource.js'
import { translateLbEndpoint } from './lb-endpoint.js'
import type { KnownMetadata } from './metadata-reader.js'
import { PlainEndpointReader } from './plain-endpoint.js'
import type { SerializedLocalities, SerializedLocality, WireRanges } from './serialized-assignment.js'
import { type EndpointPlaces, UnchangedEndpoints } from './unchanged-endpoints.js'

/** One locality of an assignment that is translated. */
export interface LocalitySource {
  /** Its message; `lb_endpoints` may be left out of it. */
  readonly message: LocalityLbEndpoints
  /**
   * Translates its `lb_endpoints`.
   *
   * @param scope - The locality.
   */
  endpoints(scope: FieldScope): Slices<EndpointConfig[]>
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
export function decodedLocalities(message: ClusterLoadAssignment, addresses: Addresses): readonly LocalitySource[] {
  return message.endpoints.map((locality) => ({
    message: locality,
    // biome-ignore lint/correctness/useYield: what stands in a cluster is small and takes no slices.
    *endpoints(scope) {
      return translateLbEndpoints(scope, locality.lbEndpoints, addresses)
    },
  }))
}

/** Reads the localities of an assignment that is serialized. */
export class LocalitiesReader {
  /** In their order. */
  readonly sources: readonly LocalitySource[]
  readonly #bytes: Buffer
  readonly #places: WireRanges
  readonly #plain: PlainEndpointReader
  readonly #unchanged: UnchangedEndpoints
  readonly #before: KnownEndpoints['byKey'] | undefined
  readonly #addresses: Addresses

  /**
   * @param bytes - The assignment.
   * @param opened - Its localities.
   * @param addresses - Addresses of the whole assignment.
   * @param before - What is remembered of the copy in use.
   */
  constructor(
    bytes: Buffer,
    { localities, endpoints }: SerializedLocalities,
    addresses: Addresses,
    before: KnownEndpoints | undefined,
  ) {
    this.#bytes = bytes
    this.#addresses = addresses
    this.#places = endpoints
    this.#plain = new PlainEndpointReader(bytes, before)
    this.#unchanged = new UnchangedEndpoints(bytes, endpoints, before?.places)
    this.#before = before?.byKey
    this.sources = localities.map((locality) => ({
      message: locality.message,
      endpoints: (scope) => this.#endpoints(locality, scope),
    }))
  }

  /** Where their endpoints stand. */
  get places(): EndpointPlaces {
    return this.#unchanged.places
  }

  /** The metadata of their endpoints. */
  get knownMetadata(): KnownMetadata {
    return this.#plain.knownMetadata(this.#places.starts.length)
  }

  *#endpoints(locality: SerializedLocality, scope: FieldScope): Slices<EndpointConfig[]> {
    const endpoints: EndpointConfig[] = []
    for (let index = locality.first; index < locality.behind; ) {
      index = this.#readStep(index, locality, scope, endpoints)
      yield
    }
    return endpoints
  }

  /** Translates endpoints from an index on, and gives that of the next. Apart from the generator, which would be compiled with all of it. */
  #readStep(from: number, { first, behind }: SerializedLocality, scope: FieldScope, into: EndpointConfig[]): number {
    const { starts, ends } = this.#places
    const limit = starts[from]! + STEP_BYTES
    let index = from
    do {
      const endpoint = this.#read(index) ?? this.#decode(index, scope, index - first)
      if (endpoint !== undefined) into.push(endpoint)
      index++
    } while (index < behind && ends[index]! <= limit)
    return index
  }

  /** Undefined for an endpoint that is to be decoded, as there is more to it or something wrong with it. */
  #read(index: number): EndpointConfig | undefined {
    const unchanged = this.#unchanged
    const endpoint = unchanged.find(index) ?? this.#plain.read(this.#places.starts[index]!, this.#places.ends[index]!)
    if (endpoint === undefined || !this.#addresses.add(endpoint)) return undefined
    unchanged.note(index, endpoint, this.#before?.get(endpoint.key))
    return endpoint
  }

  #decode(index: number, scope: FieldScope, position: number): EndpointConfig | undefined {
    this.#unchanged.note(index, undefined)
    const message = LbEndpoint.decode(this.#bytes.subarray(this.#places.starts[index]!, this.#places.ends[index]!))
    return translateLbEndpoint(scope.at('lb_endpoints', position), message, this.#addresses)
  }
}
