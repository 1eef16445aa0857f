import type { DropOverload } from '../model/endpoint.js'
import { happens } from '../ports/happens.js'
import type { Random } from '../ports/random.js'

/**
 * Throws the dice of every drop, each on its own (gRFC A32).
 *
 * @param drops - What may be dropped.
 * @param random - Dice.
 * @returns the first drop that is to be made; undefined for none.
 */
export function drawDrop(drops: readonly DropOverload[], random: Random): DropOverload | undefined {
  for (let index = 0; index < drops.length; index++) {
    const drop = drops[index]!
    if (happens(random, drop.perMillion)) return drop
  }
  return undefined
}
