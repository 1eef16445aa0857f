import type { Random } from '../ports/random.js'
import type { WeightedEndpoint } from './balancer.js'

/**
 * Endpoints in random order, heavier ones rather to the front: by u^(1/w), the largest first, with u drawn for each. That is drawing them one
 * after the other by weight (gRFC A113).
 *
 * @param hosts - The endpoints.
 * @param random - Dice.
 */
export function shuffledHosts(hosts: readonly WeightedEndpoint[], random: Random): readonly WeightedEndpoint[] {
  return hosts
    .map((host) => ({ host, key: random.next() ** (1 / host.weight) }))
    .sort((left, right) => right.key - left.key)
    .map(({ host }) => host)
}
