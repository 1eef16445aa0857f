import type { RequestView } from '../call/request-view.js'
import type { RequestHash } from '../hashing/request-hash.js'
import type { ClusterChoice } from '../model/route.js'
import type { Random } from '../ports/random.js'

/** What the choice of a destination may look at. */
export interface ChoosingCall {
  /** The request. */
  readonly request: RequestView
  /** Dice. */
  readonly random: Random
  /** The hash of the request by its route's policies; undefined when there is none. */
  hash(): RequestHash | undefined
}

/**
 * Draws a number for the weights of a route's destinations.
 *
 * @param choice - What chooses; undefined for chance.
 * @param total - Sum of the weights.
 * @param call - The call.
 * @returns 0 to `total` - 1.
 */
export function drawWeight(choice: ClusterChoice | undefined, total: number, call: ChoosingCall): number {
  if (choice !== undefined && call.request.view === 'http') {
    const chosen =
      choice.kind === 'hash' ? hashModulo(call.hash(), total) : headerModulo(choice.name, total, call.request)
    if (chosen !== undefined) return chosen
  }
  return call.random.below(total)
}

/** By 16 bits at a time, so that every product is an exact number. */
function hashModulo(hash: RequestHash | undefined, total: number): number | undefined {
  if (hash === undefined) return undefined
  let rest = (hash.high >>> 0) % total
  rest = (rest * 0x1_0000 + (hash.low >>> 16)) % total
  return (rest * 0x1_0000 + (hash.low & 0xffff)) % total
}

function headerModulo(name: string, total: number, request: RequestView): number | undefined {
  const text = request.header(name)
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined
  let rest = 0
  for (let index = 0; index < text.length; index++) rest = (rest * 10 + text.charCodeAt(index) - 0x30) % total
  return rest
}
