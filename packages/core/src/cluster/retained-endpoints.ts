import { type EndpointAssignment, type EndpointConfig, type LocalityEndpoints, localityKey } from '../model/endpoint.js'
import type { Endpoint } from './endpoint.js'

/**
 * Adds to an assignment the endpoints that it no longer lists and that still pass their health checks: discovery may be wrong, an endpoint that
 * answers is not (Envoy, "Service discovery: on eventually consistent service discovery"). They keep their place and lose its weight where
 * nobody else is in it.
 *
 * @param listed - The new assignment.
 * @param inUse - The one before, with what was added to it.
 * @param endpoints - The running endpoints by key.
 * @returns `listed` itself when there is nothing to add.
 */
export function withRetained(
  listed: EndpointAssignment,
  inUse: EndpointAssignment,
  endpoints: ReadonlyMap<string, Endpoint>,
): EndpointAssignment {
  if (listed === inUse) return listed
  const known = new Set(listed.localities)
  const before = inUse.localities.filter((each) => !known.has(each))
  if (before.length === 0) return listed
  const keys = new Set<string>()
  for (const each of listed.localities) for (const { key } of each.endpoints) keys.add(key)
  const stays = ({ key }: EndpointConfig): boolean => !keys.has(key) && passes(endpoints.get(key))
  const retained = before.flatMap((each) => {
    const staying = each.endpoints.filter(stays)
    return staying.length === 0 ? [] : [{ ...each, endpoints: staying }]
  })
  return retained.length === 0 ? listed : { ...listed, localities: retained.reduce(joined, listed.localities) }
}

/** Discovery must not have called it ill before it took it away. */
function passes(endpoint: Endpoint | undefined): boolean {
  if (endpoint === undefined || endpoint.config.healthCheck?.disabled === true) return false
  const { health } = endpoint.config
  return endpoint.passesHealthChecks && (health === 'healthy' || health === 'degraded')
}

function joined(localities: readonly LocalityEndpoints[], more: LocalityEndpoints): readonly LocalityEndpoints[] {
  const key = localityKey(more.locality)
  const index = localities.findIndex((each) => each.priority === more.priority && localityKey(each.locality) === key)
  if (index < 0) return [...localities, { ...more, weight: 0 }]
  const place = localities[index]!
  return localities.with(index, { ...place, endpoints: [...place.endpoints, ...more.endpoints] })
}
