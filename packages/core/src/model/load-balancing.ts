import type { JsonValue } from './endpoint.js'
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

/** Weighted round robin by what endpoints report of their load (gRFC A58). Times in milliseconds. */
export interface WeightedByLoadPolicy {
  /** Tag of the union. */
  readonly kind: 'weighted-by-load'
  /** For how long reports must have come before they are believed. Default 10,000. */
  readonly blackoutMs: number
  /** For how long a report counts. Default 180,000. */
  readonly expirationMs: number
  /** How often weights change, 100 or more. Default 1000. */
  readonly updateMs: number
  /** How much a share of errors weighs against the utilization. Default 1. */
  readonly errorPenalty: number
  /** Metrics of which the largest is the utilization, `named_metrics.queue` for example; empty for what the application or the CPU says. */
  readonly metricNames: readonly string[]
}

/** The less busy and faster of two endpoints (linkerd2's balancer). Times in milliseconds, more than 0. */
export interface PeakEwmaPolicy {
  /** Tag of the union. */
  readonly kind: 'peak-ewma'
  /** Time in which what is remembered of an endpoint's latency fades to a third. Default 10,000. */
  readonly decayMs: number
  /** Latency that is assumed of an endpoint that has not answered yet. Default 30. */
  readonly defaultRttMs: number
  /** Latency that an attempt without an answer counts for at least. Default 1000. */
  readonly failureRttMs: number
}

/** One endpoint takes all requests (gRFC A62). */
export interface PickFirstPolicy {
  /** Tag of the union. */
  readonly kind: 'pick-first'
  /** Whether the order is random, rather than that of the control plane. Default false. */
  readonly shuffle: boolean
}

/** Another policy over a random part of the endpoints (gRFC A68). */
export interface RandomSubsettingPolicy {
  /** Tag of the union. */
  readonly kind: 'random-subsetting'
  /** Size of the part, 1 or more. */
  readonly size: number
  /** Chooses among them. */
  readonly child: LoadBalancingPolicy
}

/** A policy that the mesh itself does not have; the application may. */
export interface CustomPolicy {
  /** Tag of the union. */
  readonly kind: 'custom'
  /** What the control plane calls it, the part of the type URL behind the last slash (gRFC A52). */
  readonly name: string
  /** Its configuration. */
  readonly config: JsonValue
}

/** How an endpoint is chosen, told apart by `kind`. */
export type LoadBalancingPolicy =
  | PlainPolicy
  | LeastRequestPolicy
  | RingHashPolicy
  | MaglevPolicy
  | WeightedByLoadPolicy
  | PeakEwmaPolicy
  | PickFirstPolicy
  | RandomSubsettingPolicy
  | CustomPolicy
