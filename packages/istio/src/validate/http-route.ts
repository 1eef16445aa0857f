import type { HttpAction, HttpRoute, WeightedDestination } from '../model/http-route.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'
import { readCorsPolicy } from './cors-policy.js'
import { readDestination } from './destination.js'
import { readHeaderOperations } from './header-operations.js'
import { readHttpFault } from './http-fault.js'
import { readHttpMatch } from './http-match.js'
import { readDirectResponse, readRedirect } from './http-reply.js'
import { readHttpRetry } from './http-retry.js'
import { readHttpRewrite } from './http-rewrite.js'
import { readMirrors } from './mirror-policy.js'

/**
 * Reads one HTTP route of a VirtualService.
 *
 * @param value - The route.
 * @param namespace - Namespace of the VirtualService.
 */
export function readHttpRoute(value: YamlValue, namespace: string): HttpRoute | undefined {
  return readFields(value, (fields) => {
    // Without its delegate's routes the table would have a hole that other routes fill.
    fields.refuse(['delegate'], 'routes of another VirtualService are not supported yet')
    const fault = fields.fields('fault', readHttpFault)
    const headers = fields.fields('headers', readHeaderOperations)
    const cors = fields.fields('corsPolicy', readCorsPolicy)
    return {
      name: fields.string('name') ?? '',
      matches: fields
        .items('match')
        .map(readHttpMatch)
        .filter((match) => match !== undefined),
      action: readAction(fields, namespace),
      ...(fault === undefined ? {} : { fault }),
      ...(headers === undefined ? {} : { headers }),
      ...(cors === undefined ? {} : { cors }),
    }
  })
}

function readAction(fields: YamlFields, namespace: string): HttpAction {
  const chosen = ['route', 'redirect', 'directResponse'].filter((name) => fields.has(name))
  if (chosen.length !== 1) fields.owner.fail('exactly one of route, redirect and directResponse must be given')
  const redirect = fields.fields('redirect', readRedirect)
  const reply = fields.fields('directResponse', readDirectResponse)
  const forward = readForward(fields, namespace)
  if (redirect !== undefined) return { kind: 'redirect', redirect }
  return reply ?? forward
}

function readForward(fields: YamlFields, namespace: string): HttpAction {
  const destinations = readDestinations(fields, namespace)
  const rewrite = fields.fields('rewrite', readHttpRewrite)
  const timeoutMs = fields.durationMs('timeout')
  const retries = fields.fields('retries', readHttpRetry)
  return {
    kind: 'forward',
    destinations,
    ...(rewrite === undefined ? {} : { rewrite }),
    mirrors: readMirrors(fields, namespace),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retries === undefined ? {} : { retries }),
  }
}

function readDestinations(fields: YamlFields, namespace: string): readonly WeightedDestination[] {
  const route = fields.get('route')
  const destinations = (route?.items() ?? [])
    .map((item) => readFields(item, (entry) => readWeighted(entry, namespace)))
    .filter((destination) => destination !== undefined)
  if (route === undefined) return destinations
  if (destinations.length === 0) route.fail('must name at least one destination')
  else if (destinations.length > 1 && destinations.every((destination) => destination.weight === 0)) {
    route.fail('the weights are all 0, so no request could be sent')
  }
  return destinations
}

function readWeighted(fields: YamlFields, namespace: string): WeightedDestination {
  const headers = fields.fields('headers', readHeaderOperations)
  const weight = fields.integer('weight', { min: 0, max: 0x7fff_ffff })
  return {
    destination: readDestination(fields, 'destination', namespace),
    weight: weight ?? 0,
    ...(headers === undefined ? {} : { headers }),
  }
}
