import type { Balancer } from '../balancing/balancer.js'
import { RandomSubset } from '../balancing/random-subset.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { ConnectedHosts } from './connected-hosts.js'
import type { Connections } from './connections.js'
import { EagerHosts } from './eager-hosts.js'
import { PickFirstHosts } from './pick-first-hosts.js'
import { RingHosts } from './ring-hosts.js'
import { SubsettedHosts } from './subsetted-hosts.js'

/** What {@link createConnectedHosts} makes hosts of. */
export interface ConnectedHostsParts {
  /** How endpoints are connected. */
  readonly connections: Connections
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Makes a balancer of a policy, without endpoints. */
  readonly createBalancer: (policy: LoadBalancingPolicy) => Balancer
  /** Called when a request began to connect, so that those above see it. */
  readonly onConnecting: () => void
}

/**
 * @param policy - How endpoints are connected and chosen.
 * @param parts - What may be used.
 * @returns hosts without endpoints.
 */
export function createConnectedHosts(policy: LoadBalancingPolicy, parts: ConnectedHostsParts): ConnectedHosts {
  const { connections, random } = parts
  switch (policy.kind) {
    case 'ring-hash':
    case 'maglev':
      return new RingHosts(connections, () => parts.createBalancer(policy))
    case 'pick-first':
      return new PickFirstHosts({ ...parts, shuffle: policy.shuffle })
    case 'random-subsetting':
      return new SubsettedHosts(
        new RandomSubset(policy.size, random),
        connections,
        createConnectedHosts(policy.child, parts),
      )
    case 'round-robin':
    case 'random':
    case 'least-request':
    case 'weighted-by-load':
    case 'peak-ewma':
    case 'custom':
      return new EagerHosts(connections, () => parts.createBalancer(policy))
  }
}
