import type { CustomPolicy, LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Balancer } from './balancer.js'
import type { BalancerEnvironment, BalancingPolicies } from './balancer-environment.js'

/** Of a mesh without policies of its own. */
export const NO_POLICIES: BalancingPolicies = new Map()

/**
 * Finds out which policy of a list applies here: the first that is known (gRFC A52).
 *
 * @param policy - As configured; a policy of somebody's own names what comes after it.
 * @param policies - Those that this mesh has.
 * @returns undefined when none is known.
 */
export function knownPolicy(policy: LoadBalancingPolicy, policies: BalancingPolicies): LoadBalancingPolicy | undefined {
  if (policy.kind === 'custom') {
    return policies.has(policy.name) ? policy : policy.otherwise && knownPolicy(policy.otherwise, policies)
  }
  if (policy.kind !== 'random-subsetting') return policy
  const child = knownPolicy(policy.child, policies)
  return child === policy.child ? policy : child && { ...policy, child }
}

/**
 * Says what is wrong with a policy that is known.
 *
 * @param policy - What {@link knownPolicy} gave.
 * @param policies - Those that this mesh has.
 * @returns a sentence without the final stop; undefined when nothing is.
 */
export function policyProblem(policy: LoadBalancingPolicy, policies: BalancingPolicies): string | undefined {
  if (policy.kind === 'random-subsetting') return policyProblem(policy.child, policies)
  if (policy.kind !== 'custom') return undefined
  try {
    policies.get(policy.name)!(policy.config)
    return undefined
  } catch (error) {
    return `policy ${policy.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}

/**
 * Makes a balancer of a policy that is known and has no problem.
 *
 * @param policy - The policy.
 * @param environment - What the balancer may use.
 */
export function createCustomBalancer(policy: CustomPolicy, environment: BalancerEnvironment): Balancer {
  return environment.policies.get(policy.name)!(policy.config)(environment)
}
