import { create, DiscoveryRequest, DiscoveryResponse } from '@inmesh/xds-proto'
import type { ResourceType } from '../../resource/resource-type.js'
import type { WatchedResource } from '../../source/watched-resource.js'
import {
  type AdsProtocol,
  type DiscoveryRequestEncoder,
  rejection,
  type SubscriptionChange,
  type TypeProtocol,
} from './ads-protocol.js'
import { type DiscoveryAnswer, receivedAny, receivedError } from './discovery-answer.js'

/** State of the world: every request names all that is wanted, and a response of listeners or clusters holds all that there is. */
export const sotwProtocol: AdsProtocol = {
  method: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  decode(bytes) {
    const { typeUrl, versionInfo, nonce, resources, resourceErrors } = DiscoveryResponse.decode(bytes)
    return {
      typeUrl,
      version: versionInfo,
      nonce,
      resources: resources.map((any) => receivedAny(any, typeUrl, versionInfo)),
      removed: [],
      errors: resourceErrors.map(receivedError).filter((error) => error !== undefined),
    }
  },
  forType: (type) => new SotwType(type),
}

/**
 * Every request has the full list of names, the version that counts and the last nonce of the stream, so that any of them may be an ACK, a
 * NACK or a change of names, and what it is depends on what else it says:
 *
 * - An ACK carries the version received, also where nothing of the response was new or of use: a server that sees no ACK waits or
 *   sends again.
 * - A NACK carries the version before, and an error. Valid resources of a rejected response are in use all the same (gRFC A46), but the
 *   version is that of a whole response, so it does not advance, as in grpc-go; grpc-js and C-core advance it. Servers tell by the error.
 * - A change of names is a request of its own, since istiod drops what else a NACK says. It carries the version that counts too: while a
 *   NACK waits its turn, it must not be taken for an ACK.
 */
class SotwType implements TypeProtocol {
  readonly tellsAbsence: boolean
  readonly answersEach = false
  readonly #typeUrl: string
  /** Of the last response that was accepted, on whatever stream. */
  #version = ''
  /** Of the last response on this stream. */
  #nonce = ''
  /** What this stream was asked for; undefined when it was not asked. */
  #names: readonly string[] | undefined

  constructor(type: ResourceType<unknown>) {
    this.#typeUrl = type.typeUrl
    this.tellsAbsence = type.fullState
  }

  get isSubscribed(): boolean {
    return this.#names !== undefined
  }

  subscribe(
    names: readonly string[],
    resources: ReadonlyMap<string, WatchedResource<unknown>>,
  ): SubscriptionChange | undefined {
    const asked = new Set(this.#names)
    const added = names.filter((name) => !asked.has(name))
    // An empty list is "nothing any more" after names, but "everything" in the first request of a stream.
    if (added.length === 0 && names.length === asked.size) return undefined
    // With nothing left of a version, a server that takes it for known would not answer.
    if (!this.isSubscribed && !holdsAny(resources)) this.#version = ''
    this.#names = names
    return { added, request: this.#request() }
  }

  received(answer: DiscoveryAnswer): void {
    this.#nonce = answer.nonce
  }

  accept(answer: DiscoveryAnswer): DiscoveryRequestEncoder {
    this.#version = answer.version
    return this.#request()
  }

  reject(_nonce: string, complaint: string): DiscoveryRequestEncoder {
    return this.#request(complaint)
  }

  streamLost(): void {
    this.#names = undefined
    this.#nonce = ''
  }

  #request(complaint?: string): DiscoveryRequestEncoder {
    const fields = {
      typeUrl: this.#typeUrl,
      resourceNames: this.#names ?? [],
      versionInfo: this.#version,
      responseNonce: this.#nonce,
      errorDetail: rejection(complaint),
    }
    return (node) => DiscoveryRequest.encode(create(DiscoveryRequest, { ...fields, node })).finish()
  }
}

function holdsAny(resources: ReadonlyMap<string, WatchedResource<unknown>>): boolean {
  for (const resource of resources.values()) if (resource.isCached) return true
  return false
}
