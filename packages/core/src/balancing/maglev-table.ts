import { XxHash64 } from '../hashing/xx-hash.js'
import type { PlacedHosts } from './placed-hosts.js'

const FREE = 0xffff_ffff

/** A host while the table is filled. */
interface Filler {
  readonly host: number
  readonly share: number
  readonly skip: number
  /** Next slot that it would like. */
  slot: number
  /** When it is its turn again, in units of shares. */
  target: number
}

/**
 * A Maglev table (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 3.4): every host takes slots in an order of
 * its own until none is left. The slots are those of Envoy for the same endpoints. Four bytes per slot.
 */
export class MaglevTable {
  readonly #owners: Uint32Array

  /**
   * @param hosts - The endpoints; at least one.
   * @param size - Number of slots, a prime.
   */
  constructor(hosts: PlacedHosts, size: number) {
    this.#owners = new Uint32Array(size).fill(FREE)
    const fillers = fillersOf(hosts, size)
    const largest = hosts.shares.reduce((most, share) => Math.max(most, share), 0)
    let filled = 0
    for (let turn = 1; filled < size; turn++) {
      for (let index = 0; index < fillers.length && filled < size; index++) {
        const filler = fillers[index]!
        // The heaviest host takes a slot in every turn, one of a third of its weight in every third.
        if (turn * filler.share < filler.target) continue
        filler.target += largest
        this.#take(filler)
        filled++
      }
    }
  }

  /** Number of slots. */
  get size(): number {
    return this.#owners.length
  }

  /**
   * @param slot - 0 to `size - 1`.
   * @returns index of the host that has the slot.
   */
  ownerOf(slot: number): number {
    return this.#owners[slot]!
  }

  #take(filler: Filler): void {
    const owners = this.#owners
    let { slot } = filler
    while (owners[slot] !== FREE) slot = next(slot, filler.skip, owners.length)
    owners[slot] = filler.host
    filler.slot = next(slot, filler.skip, owners.length)
  }
}

/** In the order of their keys, so that the order in which endpoints are listed changes nothing. */
function fillersOf({ keys, shares }: PlacedHosts, size: number): Filler[] {
  const hasher = new XxHash64()
  return [...keys.keys()]
    .sort((left, right) => (keys[left]! < keys[right]! ? -1 : keys[left]! > keys[right]! ? 1 : 0))
    .map((host) => {
      const slot = hasher.hash(keys[host]!).modulo(size)
      const skip = hasher.hash(keys[host]!, 1).modulo(size - 1) + 1
      return { host, share: shares[host]!, skip, slot, target: 0 }
    })
}

function next(slot: number, skip: number, size: number): number {
  const sum = slot + skip
  return sum < size ? sum : sum - size
}
