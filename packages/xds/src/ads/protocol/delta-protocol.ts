import { create, DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '@inmesh/xds-proto'
import type { ResourceType } from '../../resource/resource-type.js'
import { canonicalName } from '../../resource/xdstp-name.js'
import type { WatchedResource } from '../../source/watched-resource.js'
import {
  type AdsProtocol,
  type DiscoveryRequestEncoder,
  rejection,
  type SubscriptionChange,
  type TypeProtocol,
} from './ads-protocol.js'
import { type DiscoveryAnswer, receivedError, receivedResource } from './discovery-answer.js'

/** Incremental: requests and responses hold only what changes, and a response says of a resource that it is gone. */
export const deltaProtocol: AdsProtocol = {
  method: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  decode(bytes) {
    const { typeUrl, systemVersionInfo, nonce, resources, removedResources, removedResourceNames, resourceErrors } =
      DeltaDiscoveryResponse.decode(bytes)
    return {
      typeUrl,
      version: systemVersionInfo,
      nonce,
      resources: resources.map((resource) => receivedResource(resource, typeUrl)),
      removed: [...removedResources, ...removedResourceNames.map(({ name }) => name)].map(canonicalName),
      errors: resourceErrors.map(receivedError).filter((error) => error !== undefined),
    }
  },
  forType: (type) => new DeltaType(type),
}

/**
 * A request plays up to three parts: the first of a type on a stream tells what is held from earlier ones; names are added and taken away;
 * a response is accepted or rejected. The nonce belongs to the last part alone and is empty on the others, and no list of names means
 * "no change", both unlike the state of the world. Nothing is ever deleted for being absent.
 */
class DeltaType implements TypeProtocol {
  readonly tellsAbsence = false
  readonly answersEach = true
  readonly #typeUrl: string
  /** What this stream was asked for; undefined when it was not asked. */
  #asked: ReadonlySet<string> | undefined

  constructor(type: ResourceType<unknown>) {
    this.#typeUrl = type.typeUrl
  }

  get isSubscribed(): boolean {
    return this.#asked !== undefined
  }

  subscribe(
    names: readonly string[],
    resources: ReadonlyMap<string, WatchedResource<unknown>>,
  ): SubscriptionChange | undefined {
    const asked = this.#asked ?? new Set<string>()
    const wanted = new Set(names)
    const added = names.filter((name) => !asked.has(name))
    const dropped = [...asked].filter((name) => !wanted.has(name))
    // The first request of a stream must not be without names: that would ask for everything.
    if (added.length === 0 && dropped.length === 0) return undefined
    const initialResourceVersions = this.isSubscribed ? new Map<string, string>() : heldVersions(resources)
    this.#asked = wanted
    const fields = { resourceNamesSubscribe: added, resourceNamesUnsubscribe: dropped, initialResourceVersions }
    return { added, request: this.#request(fields) }
  }

  received(): void {}

  accept({ nonce }: DiscoveryAnswer): DiscoveryRequestEncoder {
    return this.#request({ responseNonce: nonce })
  }

  reject(nonce: string, complaint: string): DiscoveryRequestEncoder {
    return this.#request({ responseNonce: nonce, errorDetail: rejection(complaint) })
  }

  streamLost(): void {
    this.#asked = undefined
  }

  #request(fields: Partial<DeltaDiscoveryRequest>): DiscoveryRequestEncoder {
    const request = { ...fields, typeUrl: this.#typeUrl }
    return (node) => DeltaDiscoveryRequest.encode(create(DeltaDiscoveryRequest, { ...request, node })).finish()
  }
}

/** By resource, since a rejected one keeps the version of the copy that is in use. */
function heldVersions(resources: ReadonlyMap<string, WatchedResource<unknown>>): Map<string, string> {
  const versions = new Map<string, string>()
  for (const [name, { heldVersion }] of resources) if (heldVersion !== undefined) versions.set(name, heldVersion)
  return versions
}
