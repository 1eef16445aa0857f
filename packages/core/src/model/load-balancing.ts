import type { HashPolicy } from './hash-policy.js'

/** A policy that has nothing to set. */
export interface PlainPolicy {
  /** One endpoint after the other, or any endpoint; by weight. */
  readonly kind: 'round-robin' | 'random'
}

/** Draws a few endpoints and takes the one with the fewest requests in flight. */
export interface LeastRequestPolicy {
  /** Tag of the union. */
  readonly kind: 'least-request'
  /** How many are drawn, 2 or more; gRPC draws 10 at most (gRFC A48). Not read where all are compared. */
  readonly choiceCount: number
  /**
   * Where weights differ, they are divided by the requests in flight, and one more, to the power of this: 0 is plain weighted round robin,
   * more is more eager to spare what is busy. gRPC does not read it. Default 1.
   */
  readonly activeRequestBias?: number
  /** All endpoints are compared instead of a few (`FULL_SCAN`): exact, and as slow as there are many. gRPC does not read it. Default false. */
  readonly fullScan?: boolean
}

/** What policies that choose by a hash of the request have in common (Envoy, ConsistentHashingLbConfig). */
interface ConsistentHashing {
  /** Take the host name of an endpoint instead of its address to place it. Default false. */
  readonly useHostname: boolean
  /**
   * In percent, 100 or more: no endpoint gets more than its share of the requests in flight times this; what is too much goes to others.
   * Absent means no bound.
   */
  readonly balanceFactor?: number
  /** Take the place of the route's. */
  readonly hashPolicies?: readonly HashPolicy[]
}

/** Requests of one hash go to one endpoint of a ketama ring; an endpoint that comes or goes moves its share of the hashes only. */
export interface RingHashPolicy extends ConsistentHashing {
  /** Tag of the union. */
  readonly kind: 'ring-hash'
  /** Fewest places of the ring. Default 1024. */
  readonly minimumRingSize: number
  /** Most places, up to 8,388,608, which is the default. gRPC has no more than 4096 (gRFC A42). */
  readonly maximumRingSize: number
  /** What the places are made with. Default `xx-hash`; gRPC knows no other. */
  readonly hashFunction: 'xx-hash' | 'murmur-hash-2'
}

/** Requests of one hash go to one endpoint of a table, which spreads them more evenly than a ring but moves some more on a change. */
export interface MaglevPolicy extends ConsistentHashing {
  /** Tag of the union. */
  readonly kind: 'maglev'
  /** A prime, up to 5,000,011. Default 65,537. */
  readonly tableSize: number
}

/** How an endpoint is chosen, told apart by `kind`. */
export type LoadBalancingPolicy = PlainPolicy | LeastRequestPolicy | RingHashPolicy | MaglevPolicy
