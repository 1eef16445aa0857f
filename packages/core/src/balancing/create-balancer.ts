import type { LoadBalancingPolicy } from '../model/cluster.js'
import type { Random } from '../ports/random.js'
import type { Balancer } from './balancer.js'
import { LeastRequestBalancer } from './least-request.js'
import { RandomBalancer } from './random.js'
import { RoundRobinBalancer } from './round-robin.js'

/**
 * @param policy - As configured.
 * @param random - Dice for the policy.
 * @returns a balancer without endpoints.
 */
export function createBalancer(policy: LoadBalancingPolicy, random: Random): Balancer {
  switch (policy.kind) {
    case 'round-robin':
      return new RoundRobinBalancer(random)
    case 'random':
      return new RandomBalancer(random)
    case 'least-request':
      return new LeastRequestBalancer(random, policy.choiceCount)
  }
}
