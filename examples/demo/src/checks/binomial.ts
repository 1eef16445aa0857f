/** Numbers that a count may have, both ends included. */
export interface CountRange {
  readonly low: number
  readonly high: number
}

/**
 * How far a count may stray by chance alone: the exact bounds of the binomial distribution. Of `trials` requests that each go to a
 * version with probability `share`, a count below or above the bounds happens with at most the probability `tail` on each side.
 *
 * @param trials - Number of requests.
 * @param share - Probability of each, 0 to 1. At 0 and at 1 there is no chance, and the bounds are one number.
 * @param tail - Probability to stray beyond one bound, more than 0 and less than a half.
 */
export function binomialBounds(trials: number, share: number, tail: number): CountRange {
  const low = lowerBound(trials, share, tail)
  // What is not a success is one of 1 - share: the upper bound is the lower bound of the others.
  return { low, high: trials - lowerBound(trials, 1 - share, tail) }
}

/** The largest count below which less than `tail` of the distribution lies. */
function lowerBound(trials: number, share: number, tail: number): number {
  if (share <= 0) return 0
  if (share >= 1) return trials
  // In logarithms: (1 - share) ** trials is too small for a double long before trials is large.
  let logProbability = trials * Math.log1p(-share)
  let below = 0
  for (let count = 0; count < trials; count++) {
    below += Math.exp(logProbability)
    if (below >= tail) return count
    logProbability += Math.log((trials - count) / (count + 1)) + Math.log(share / (1 - share))
  }
  return trials
}
