import type { CustomPolicy, LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Balancer } from './balancer.js'
import type { BalancerEnvironment, BalancingPolicies } from './balancer-environment.js'

/** Of a mesh without policies of its own. */
export const NO_POLICIES: BalancingPolicies = new Map()

/**
 * Says what is wrong with a policy. Whoever reads configuration has found nothing (gRFC A52); a source of another kind may not have looked.
 *
 * @param policy - As configured.
 * @param policies - Those that this mesh has.
 * @returns a sentence without the final stop; undefined when nothing is.
 */
export function policyProblem(policy: LoadBalancingPolicy, policies: BalancingPolicies): string | undefined {
  if (policy.kind === 'random-subsetting') return policyProblem(policy.child, policies)
  if (policy.kind !== 'custom') return undefined
  const custom = policies.get(policy.name)
  if (custom === undefined) return `policy ${policy.name} is not known`
  try {
    custom(policy.config)
    return undefined
  } catch (error) {
    return `policy ${policy.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}

/**
 * Makes a balancer of a policy that has no problem.
 *
 * @param policy - The policy.
 * @param environment - What the balancer may use.
 */
export function createCustomBalancer(policy: CustomPolicy, environment: BalancerEnvironment): Balancer {
  return environment.policies.get(policy.name)!(policy.config)(environment)
}
