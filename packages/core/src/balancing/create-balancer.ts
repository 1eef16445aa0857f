import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Balancer } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { createCustomBalancer } from './balancing-policies.js'
import { ConsistentHashBalancer } from './consistent-hash.js'
import { LeastRequestBalancer } from './least-request.js'
import { PeakEwmaBalancer } from './peak-ewma.js'
import { PickFirstBalancer } from './pick-first.js'
import { RandomBalancer } from './random.js'
import { RandomSubsettingBalancer } from './random-subsetting.js'
import { RoundRobinBalancer } from './round-robin.js'
import { WeightedByLoadBalancer } from './weighted-by-load.js'

/**
 * @param policy - As configured.
 * @param environment - What the balancer may use.
 * @returns a balancer without endpoints.
 */
export function createBalancer(policy: LoadBalancingPolicy, environment: BalancerEnvironment): Balancer {
  switch (policy.kind) {
    case 'round-robin':
      return new RoundRobinBalancer(environment.random)
    case 'random':
      return new RandomBalancer(environment.random)
    case 'least-request':
      return new LeastRequestBalancer(policy, environment)
    case 'ring-hash':
    case 'maglev':
      return new ConsistentHashBalancer(policy, environment)
    case 'weighted-by-load':
      return new WeightedByLoadBalancer(policy, environment)
    case 'peak-ewma':
      return new PeakEwmaBalancer(policy, environment)
    case 'pick-first':
      return new PickFirstBalancer(policy, environment)
    case 'custom':
      return createCustomBalancer(policy, environment)
    case 'random-subsetting':
      return new RandomSubsettingBalancer(policy.size, createBalancer(policy.child, environment), environment.random)
  }
}
