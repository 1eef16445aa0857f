import {
  create,
  durationFromMilliseconds,
  RouteAction_HashPolicy,
  RouteAction_HashPolicy_ConnectionProperties,
  RouteAction_HashPolicy_Cookie,
  RouteAction_HashPolicy_CookieAttribute,
  RouteAction_HashPolicy_Header,
  RouteAction_HashPolicy_QueryParameter,
} from '@inmesh/xds-proto'
import type { HashKey, TrafficPolicy } from '../model/traffic-policy.js'

/**
 * A route says what is hashed, though a DestinationRule says it of the destination.
 *
 * @param policy - What holds for a destination.
 * @returns the hash policy for routes to it, or undefined when its endpoints are not chosen by a hash.
 */
export function hashPolicy(policy: TrafficPolicy): RouteAction_HashPolicy | undefined {
  const method = policy.loadBalancer?.method
  if (method?.kind !== 'consistent-hash') return undefined
  return create(RouteAction_HashPolicy, { policySpecifier: policySpecifier(method.key) })
}

function policySpecifier(key: HashKey): RouteAction_HashPolicy['policySpecifier'] {
  switch (key.kind) {
    case 'header':
      return { $case: 'header', value: create(RouteAction_HashPolicy_Header, { headerName: key.name }) }
    case 'query-parameter':
      return { $case: 'queryParameter', value: create(RouteAction_HashPolicy_QueryParameter, { name: key.name }) }
    case 'source-address':
      return {
        $case: 'connectionProperties',
        value: create(RouteAction_HashPolicy_ConnectionProperties, { sourceIp: true }),
      }
    case 'cookie':
      return {
        $case: 'cookie',
        value: create(RouteAction_HashPolicy_Cookie, {
          name: key.name,
          path: key.path,
          ttl: key.ttlMs === undefined ? undefined : durationFromMilliseconds(key.ttlMs),
          attributes: key.attributes.map((attribute) => create(RouteAction_HashPolicy_CookieAttribute, attribute)),
        }),
      }
  }
}
