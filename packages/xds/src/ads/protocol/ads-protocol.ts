import { create, type Node, RpcStatus } from '@inmesh/xds-proto'
import type { ResourceType } from '../../resource/resource-type.js'
import type { WatchedResource } from '../../source/watched-resource.js'
import type { DiscoveryAnswer } from './discovery-answer.js'

/** Subscribes to every resource of a type that the server has for this node. */
export const wildcard = '*'

/** gRPC status INVALID_ARGUMENT, which a NACK carries. */
const invalidArgument = 3

/** A request that serializes itself, once it is known whether it is the first of its stream and so carries the node. */
export type DiscoveryRequestEncoder = (node: Node | undefined) => Uint8Array

/** A request that changes what a type is subscribed to. */
export interface SubscriptionChange {
  readonly request: DiscoveryRequestEncoder
  /** Names that the server has not been asked for before on this stream. */
  readonly added: readonly string[]
}

/** A variant of the aggregated discovery service: how it is called and read. */
export interface AdsProtocol {
  /** Full path of the method. */
  readonly method: string
  /**
   * Reads a response.
   *
   * @throws Error when the bytes are none.
   */
  decode(bytes: Uint8Array): DiscoveryAnswer
  /** What one type says, from its first stream to its last. */
  forType(type: ResourceType<unknown>): TypeProtocol
}

/**
 * What one type says on the streams that follow one another. It knows names, versions and nonces; what resources there are, who watches
 * them, how long they may take and how often they are rejected is the same in both variants and known elsewhere.
 */
export interface TypeProtocol {
  /** Whether the present stream was asked for resources of the type. */
  readonly isSubscribed: boolean
  /** Whether a response holds every resource that there is, so that one that was there before and is not now was deleted. */
  readonly tellsAbsence: boolean
  /** Whether each response needs an answer of its own; else an answer speaks for the responses before it too. */
  readonly answersEach: boolean
  /**
   * Takes over what is wanted from now on.
   *
   * @param names - Everything that is wanted, {@link wildcard} included.
   * @param resources - What is known of each, for a server that is new to it.
   * @returns undefined when the server knows already.
   */
  subscribe(
    names: readonly string[],
    resources: ReadonlyMap<string, WatchedResource<unknown>>,
  ): SubscriptionChange | undefined
  /** A response came; it will be accepted or rejected. */
  received(answer: DiscoveryAnswer): void
  /** Every resource of the response was acceptable: the version received counts from now on, even where nothing of it was of use. */
  accept(answer: DiscoveryAnswer): DiscoveryRequestEncoder
  /** Some resource of the response with this nonce was not: the version before still counts. */
  reject(nonce: string, complaint: string): DiscoveryRequestEncoder
  /** The stream is gone, and with it everything that was said on it. Versions are not: they belong to what is held. */
  streamLost(): void
}

/** The `error_detail` that makes a request a NACK. */
export function rejection(complaint: string | undefined): RpcStatus | undefined {
  return complaint === undefined ? undefined : create(RpcStatus, { code: invalidArgument, message: complaint })
}
