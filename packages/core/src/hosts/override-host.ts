import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'

/**
 * Finds the endpoint that a request is pinned to. Only its first attempt is: a retry goes where the policy says (Envoy, "Stateful
 * session").
 *
 * @param context - The request.
 * @param endpoints - Endpoints of the cluster by key.
 * @returns undefined when it is pinned to none, or to one that is not there.
 */
export function pinnedEndpoint(context: PickContext, endpoints: ReadonlyMap<string, Endpoint>): Endpoint | undefined {
  if (context.overrideHost === undefined || context.attempts > 0) return undefined
  return endpoints.get(context.overrideHost.key)
}

/**
 * Finds the endpoint that headers of a request name, of several that are listed there the one for this attempt (Envoy, "Override host"). Its
 * health does not count: whoever names it knows better.
 *
 * @param context - The request.
 * @param endpoints - Endpoints of the cluster by key.
 * @param headers - Lower-case names of the headers, the first that is there counts.
 */
export function namedEndpoint(
  context: PickContext,
  endpoints: ReadonlyMap<string, Endpoint>,
  headers: readonly string[],
): Endpoint | undefined {
  for (const header of headers) {
    const value = context.request.header(header)
    if (value !== undefined) return endpoints.get(value.split(',')[context.attempts]?.trim() ?? '')
  }
  return undefined
}
