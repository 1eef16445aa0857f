import type { LeastRequestPolicy, LoadBalancingPolicy, MaglevPolicy, RingHashPolicy } from '@inmesh/core'
import type { FieldScope } from '../field/field-scope.js'

/** The policy of a cluster that does not say. */
export const ROUND_ROBIN: LoadBalancingPolicy = { kind: 'round-robin' }

const DEFAULT_CHOICES = 2
/** Envoy has no limit, gRPC one of ten; a request must not hold the event loop up. */
const MOST_CHOICES = 100
const DEFAULT_SMALLEST_RING = 1024n
const LARGEST_RING = 8_388_608n
const DEFAULT_TABLE = 65_537n
const LARGEST_TABLE = 5_000_011n
const LEAST_BALANCE_FACTOR = 100

/** What the policies that choose by a hash share, in either form of the configuration. */
export type HashingTerms = Pick<RingHashPolicy, 'useHostname' | 'balanceFactor' | 'hashPolicies'>

/** What least request can be told. */
export interface LeastRequestTerms {
  /** `choice_count`. */
  readonly choiceCount: number | undefined
  /** Default of `active_request_bias`. */
  readonly bias: number | undefined
  /** Whether all endpoints are compared. */
  readonly fullScan: boolean
}

/** Least request: a choice count of less than 2 is an error (gRFC A48, Envoy). */
export function leastRequest(
  scope: FieldScope,
  { choiceCount, bias, fullScan }: LeastRequestTerms,
): LeastRequestPolicy {
  const choices = choiceCount ?? DEFAULT_CHOICES
  const place = scope.at('choice_count')
  if (choices < 2) place.malformed('must be 2 or more')
  if (choices > MOST_CHOICES) place.unsupported(`no more than ${MOST_CHOICES} endpoints are compared`)
  return {
    kind: 'least-request',
    choiceCount: Math.min(choices, MOST_CHOICES),
    // Envoy takes what is negative or no number for the default.
    ...(bias !== undefined && bias >= 0 && bias !== 1 && { activeRequestBias: bias }),
    ...(fullScan && { fullScan }),
  }
}

/** What a ring can be told besides what all hashing policies share. */
export interface RingTerms {
  /** `minimum_ring_size`. */
  readonly minimum: bigint | undefined
  /** `maximum_ring_size`. */
  readonly maximum: bigint | undefined
  /** What the places are made with. */
  readonly hashFunction: RingHashPolicy['hashFunction']
}

/** A ring, whose sizes Envoy and gRPC check alike (gRFC A42). */
export function ringHash(scope: FieldScope, ring: RingTerms, terms: HashingTerms): RingHashPolicy {
  const minimum = ring.minimum ?? DEFAULT_SMALLEST_RING
  const maximum = ring.maximum ?? LARGEST_RING
  if (maximum > LARGEST_RING) scope.at('maximum_ring_size').malformed(`must be ${LARGEST_RING} or less`)
  const place = scope.at('minimum_ring_size')
  if (minimum > LARGEST_RING) place.malformed(`must be ${LARGEST_RING} or less`)
  else if (minimum > maximum) place.malformed(`must not be more than maximum_ring_size; it is ${minimum}`)
  return {
    kind: 'ring-hash',
    minimumRingSize: Number(minimum),
    maximumRingSize: Number(maximum),
    hashFunction: ring.hashFunction,
    ...terms,
  }
}

/** A Maglev table, whose size must be a prime: each endpoint then comes to every slot (Envoy). */
export function maglev(scope: FieldScope, tableSize: bigint | undefined, terms: HashingTerms): MaglevPolicy {
  const size = tableSize ?? DEFAULT_TABLE
  const place = scope.at('table_size')
  if (size > LARGEST_TABLE) place.malformed(`must be ${LARGEST_TABLE} or less`)
  else if (!isPrime(Number(size))) place.malformed('must be a prime')
  return { kind: 'maglev', tableSize: Number(size), ...terms }
}

/**
 * @param scope - Where the factor stands.
 * @param factor - `hash_balance_factor`.
 */
export function balanceFactor(scope: FieldScope, factor: number | undefined): Pick<HashingTerms, 'balanceFactor'> {
  if (factor === undefined) return {}
  if (factor < LEAST_BALANCE_FACTOR) scope.malformed(`must be ${LEAST_BALANCE_FACTOR} or more`)
  return { balanceFactor: factor }
}

function isPrime(value: number): boolean {
  if (value < 2) return false
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false
  }
  return true
}
