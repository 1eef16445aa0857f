import type { Random } from './random.js'

const MILLION = 1_000_000

/**
 * Throws the dice for something that is to happen to a share of requests.
 *
 * @param random - Dice.
 * @param perMillion - The share; of 0 nothing happens, of a million everything.
 */
export function happens(random: Random, perMillion: number): boolean {
  return random.below(MILLION) < perMillion
}
