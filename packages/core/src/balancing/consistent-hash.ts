import type { Endpoint } from '../cluster/endpoint.js'
import type { RequestHash } from '../hashing/request-hash.js'
import { RequestHasher } from '../hashing/request-hasher.js'
import { Word64 } from '../hashing/word64.js'
import type { MaglevPolicy, RingHashPolicy } from '../model/load-balancing.js'
import type { View } from '../model/view.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { BoundedLoad } from './bounded-load.js'
import { HashRing, ringShape } from './hash-ring.js'
import { MaglevTable } from './maglev-table.js'
import type { PickContext } from './pick-context.js'
import { PlacedHosts } from './placed-hosts.js'

/** A structure that leads from the hash of a request to a host. */
interface Placement {
  /**
   * @param hash - Hash of the request.
   * @param draw - See `Balancer.pick`.
   * @returns index of a host.
   */
  find(hash: RequestHash, draw: number): number
}

const NO_HOSTS = new PlacedHosts([], false)

/**
 * Requests of one hash go to one endpoint, by a ring or by a Maglev table (Envoy, "Ring hash" and "Maglev"). A request without a hash goes
 * to a random place.
 */
export class ConsistentHashBalancer implements Balancer {
  readonly #policy: RingHashPolicy | MaglevPolicy
  readonly #environment: BalancerEnvironment
  readonly #hasher: RequestHasher | undefined
  #hosts = NO_HOSTS
  #placement: Placement | undefined
  #bound: BoundedLoad | undefined

  /**
   * @param policy - As configured.
   * @param environment - Dice, and the cluster for bounded loads.
   */
  constructor(policy: RingHashPolicy | MaglevPolicy, environment: BalancerEnvironment) {
    this.#policy = policy
    this.#environment = environment
    this.#hasher = policy.hashPolicies && new RequestHasher(policy.hashPolicies)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const placed = new PlacedHosts(hosts, this.#policy.useHostname)
    if (placed.equals(this.#hosts)) return
    this.#hosts = placed
    this.#placement = hosts.length === 0 ? undefined : placement(this.#policy, placed, this.#environment.view)
    const { balanceFactor } = this.#policy
    this.#bound =
      balanceFactor === undefined ? undefined : new BoundedLoad(placed, balanceFactor, this.#environment.cluster)
  }

  pick(context: PickContext, draw: number): Endpoint | undefined {
    const placement = this.#placement
    if (placement === undefined) return undefined
    const hash = context.hash(this.#hasher) ?? randomHash(this.#environment.random)
    let host = placement.find(hash, draw)
    if (this.#bound !== undefined) host = this.#bound.choose(host, hash.low)
    return this.#hosts.endpoints[host]
  }
}

function randomHash(random: Random): RequestHash {
  return { high: random.below(0x1_0000_0000), low: random.below(0x1_0000_0000) }
}

function placement(policy: RingHashPolicy | MaglevPolicy, hosts: PlacedHosts, view: View): Placement {
  if (policy.kind === 'maglev') return new MaglevPlacement(new MaglevTable(hosts, policy.tableSize))
  return new RingPlacement(new HashRing(hosts, ringShape(policy, view)))
}

class RingPlacement implements Placement {
  readonly #ring: HashRing

  constructor(ring: HashRing) {
    this.#ring = ring
  }

  find({ high, low }: RequestHash, draw: number): number {
    const ring = this.#ring
    return ring.ownerOf((ring.placeOf(high, low) + draw) % ring.size)
  }
}

class MaglevPlacement implements Placement {
  readonly #table: MaglevTable
  readonly #hash = new Word64()

  constructor(table: MaglevTable) {
    this.#table = table
  }

  find({ high, low }: RequestHash, draw: number): number {
    const hash = this.#hash
    hash.set(high, low)
    // Envoy turns most bits over, so that further draws scatter.
    if (draw > 0) hash.xor(-1, -draw)
    return this.#table.ownerOf(hash.modulo(this.#table.size))
  }
}
