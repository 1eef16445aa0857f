import type { RequestRecord } from '../traffic/request-record.js'
import { answersOf, tally } from '../traffic/tally.js'
import { binomialBounds, type CountRange } from './binomial.js'
import { type Check, count } from './check.js'

/**
 * Of runs in which everything is as it should be, one in 500,000 strays beyond a bound by chance: rare enough for a gate, and still
 * narrow enough (300 requests at 10 %: 9 to 57) that a wrong weight is seen.
 */
const TAIL = 1e-6

/** A share of the traffic that version 2 was to have, and what it got. */
export interface Split {
  /** Name of the phase, which says what the file said: `split 90/10`. */
  readonly name: string
  /** Share of version 2, 0 to 1. */
  readonly share: number
  readonly sent: number
  readonly v1: number
  readonly v2: number
  /** What version 2 may have got by chance. */
  readonly allowed: CountRange
}

/**
 * @param records - Requests sent while the split held.
 */
export function measureSplit(name: string, share: number, records: readonly RequestRecord[]): Split {
  const counts = tally(records)
  return {
    name,
    share,
    sent: counts.sent,
    v1: answersOf('v1', counts),
    v2: answersOf('v2', counts),
    allowed: binomialBounds(counts.answered, share, TAIL),
  }
}

/**
 * Tells from the traffic alone whether a new split holds.
 *
 * @param records - The last requests.
 * @returns whether they fit the new share of version 2, and cannot be had with the old one.
 */
export function splitArrived(records: readonly RequestRecord[], oldShare: number, newShare: number): boolean {
  const { v2, allowed } = measureSplit('', newShare, records)
  const before = measureSplit('', oldShare, records).allowed
  return isWithin(v2, allowed) && !isWithin(v2, before)
}

export function checkSplit(split: Split): Check {
  const { name, sent, v1, v2, allowed } = split
  const expected = Math.round(sent * split.share)
  const range = allowed.low === allowed.high ? `exactly ${allowed.low}` : `${allowed.low} to ${allowed.high}`
  return {
    statement: `${name} is what the file says`,
    passed: v1 + v2 === sent && isWithin(v2, allowed),
    numbers: `v2 got ${count(v2)} of ${count(sent)}, ${count(expected)} expected, ${range} allowed`,
  }
}

function isWithin(value: number, { low, high }: CountRange): boolean {
  return low <= value && value <= high
}
