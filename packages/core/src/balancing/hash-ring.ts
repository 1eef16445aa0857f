import { MurmurHash64 } from '../hashing/murmur-hash.js'
import { XxHash64 } from '../hashing/xx-hash.js'
import type { RingHashPolicy } from '../model/load-balancing.js'
import type { View } from '../model/view.js'
import type { PlacedHosts } from './placed-hosts.js'

/** An index below it stands behind 32 bits in a number of 53. */
const MOST_SORT_KEYS = 2 ** 21

/** How large a ring is and what it is made with. */
export interface RingShape {
  /** Fewest places; more where weights ask for it. */
  readonly minimumSize: number
  /** Most places. */
  readonly maximumSize: number
  /** What places the endpoints; requests are hashed by XXH64 in any case. */
  readonly hashFunction: 'xx-hash' | 'murmur-hash-2'
}

/** gRPC has no larger rings, whatever is asked for, so that a control plane cannot fill the memory of its clients (gRFC A42). */
const LARGEST_GRPC_RING = 4096

/**
 * @param policy - As configured.
 * @param view - Whose rules apply.
 */
export function ringShape(policy: RingHashPolicy, view: View): RingShape {
  const largest = view === 'grpc' ? LARGEST_GRPC_RING : Number.POSITIVE_INFINITY
  return {
    minimumSize: Math.min(policy.minimumRingSize, largest),
    maximumSize: Math.min(policy.maximumRingSize, largest),
    hashFunction: policy.hashFunction,
  }
}

/**
 * A ketama ring: every endpoint has places in proportion to its share, and a request goes to the first place at or behind its hash. The
 * places are those of Envoy and gRPC for the same endpoints (Envoy, `RingHashLoadBalancer`; gRFC A42). Sixteen bytes per place.
 */
export class HashRing {
  /** Places in order of their hash: halves of the hash, and which host has the place. */
  readonly #highs: Uint32Array
  readonly #lows: Uint32Array
  readonly #owners: Uint32Array
  /** For each value of the upper bits of a hash the first place at or behind the least hash that has it. */
  readonly #starts: Uint32Array
  /** By how much a hash's upper half is shifted to have only those bits left. */
  readonly #shift: number

  /**
   * @param hosts - The endpoints; at least one.
   * @param shape - Size and hash.
   */
  constructor(hosts: PlacedHosts, shape: RingShape) {
    const { keys, shares } = hosts
    const smallest = shares.reduce((least, share) => Math.min(least, share), 1)
    // So many that the lightest endpoint gets a whole number of places.
    const scale = Math.min(Math.ceil(smallest * shape.minimumSize) / smallest, shape.maximumSize)
    const hash = hashFunction(shape)
    const highs: number[] = []
    const lows: number[] = []
    const owners: number[] = []
    let wanted = 0
    for (let host = 0; host < keys.length; host++) {
      // A running sum, so that fractions of places even out over the endpoints.
      wanted += scale * shares[host]!
      for (let place = 0; owners.length < wanted; place++) {
        const { high, low } = hash(`${keys[host]!}_${place}`)
        highs.push(high >>> 0)
        lows.push(low >>> 0)
        owners.push(host)
      }
    }
    const order = sortedOrder(highs, lows)
    this.#highs = new Uint32Array(order.length)
    this.#lows = new Uint32Array(order.length)
    this.#owners = new Uint32Array(order.length)
    for (let place = 0; place < order.length; place++) {
      const index = order[place]!
      this.#highs[place] = highs[index]!
      this.#lows[place] = lows[index]!
      this.#owners[place] = owners[index]!
    }
    // About one place for each value: hashes are even, so what is looked for is next to where it begins.
    const bits = Math.max(1, Math.floor(Math.log2(order.length)))
    this.#shift = 32 - bits
    this.#starts = new Uint32Array(2 ** bits)
    for (let value = 0, place = 0; value < this.#starts.length; value++) {
      while (place < order.length && this.#highs[place]! >>> this.#shift < value) place++
      this.#starts[value] = place
    }
  }

  /** Number of places. */
  get size(): number {
    return this.#owners.length
  }

  /**
   * @param high - Upper half of a hash, unsigned.
   * @param low - Lower half, unsigned.
   * @returns the first place at or behind the hash; behind the last place comes the first again.
   */
  placeOf(high: number, low: number): number {
    const highs = this.#highs
    const lows = this.#lows
    let place = this.#starts[high >>> this.#shift]!
    while (place < highs.length) {
      const difference = highs[place]! - high
      if (difference > 0 || (difference === 0 && lows[place]! >= low)) return place
      place++
    }
    return 0
  }

  /**
   * @param place - 0 to `size - 1`.
   * @returns index of the host that has the place.
   */
  ownerOf(place: number): number {
    return this.#owners[place]!
  }
}

function hashFunction({
  hashFunction: name,
}: RingShape): (bytes: string) => { readonly high: number; readonly low: number } {
  if (name === 'murmur-hash-2') {
    const murmur = new MurmurHash64()
    return (bytes) => murmur.hash(bytes)
  }
  const xx = new XxHash64()
  return (bytes) => xx.hash(bytes)
}

/** @returns the indexes of the places, in order of their hashes. */
function sortedOrder(highs: readonly number[], lows: readonly number[]): Uint32Array {
  const count = highs.length
  const order = new Uint32Array(count)
  if (count > MOST_SORT_KEYS) {
    for (let index = 0; index < count; index++) order[index] = index
    return order.sort((left, right) => highs[left]! - highs[right]! || lows[left]! - lows[right]!)
  }
  // Numbers alone are sorted without a call for each comparison: the upper half of each hash, and behind it whose that is.
  const keys = new Float64Array(count)
  for (let index = 0; index < count; index++) keys[index] = highs[index]! * MOST_SORT_KEYS + index
  keys.sort()
  for (let place = 0; place < count; place++) {
    const index = keys[place]! % MOST_SORT_KEYS
    let at = place
    // Upper halves are seldom equal.
    while (at > 0 && highs[order[at - 1]!] === highs[index] && lows[order[at - 1]!]! > lows[index]!) {
      order[at] = order[at - 1]!
      at--
    }
    order[at] = index
  }
  return order
}
