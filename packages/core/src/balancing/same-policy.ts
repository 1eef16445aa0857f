import type { LoadBalancingPolicy } from '../model/load-balancing.js'

/**
 * @param left - A policy.
 * @param right - Another.
 * @returns whether they say the same, so that a balancer and what it has learned can be kept.
 */
export function samePolicy(left: LoadBalancingPolicy, right: LoadBalancingPolicy): boolean {
  return left === right || sameValue(left, right)
}

/** Policies are plain data, but for regular expressions, which tell themselves apart by what was configured. */
function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key as never], right[key as never]))
  )
}
