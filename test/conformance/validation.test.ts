import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ClientProcess } from './harness/client-process.js'
import {
  assignment,
  cluster,
  lbEndpoint,
  listener,
  locality,
  router,
  routes,
  to,
  typeNames,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import type { ScriptedResource } from './harness/world.js'

type Kind = keyof typeof typeNames

/** A resource that breaks a rule, and the field that the refusal has to name. */
type Broken = readonly [field: string, make: (name: string) => ScriptedResource]
/** A resource that is odd and still has to be accepted. */
type Odd = readonly [rule: string, make: (name: string) => ScriptedResource]

/** Sends them all in one response: one refusal has to name each with its field, and a whole one beside them has to apply. */
async function refuses(t: TestContext, type: Kind, good: ScriptedResource, broken: readonly Broken[]): Promise<void> {
  const plane = await ScriptedControlPlane.start(t)
  await plane.silence('Listener', 'Cluster')
  const client = await ClientProcess.start(t, plane)
  const nameOf = (index: number): string => `bad-${index}-`
  await client.watch('good', type, 'good')
  for (const index of broken.keys()) await client.watch(nameOf(index), type, nameOf(index))
  const shortName = typeNames[type].slice(typeNames[type].lastIndexOf('.') + 1)
  await plane.request('all of them', ({ names }) => names?.length === broken.length + 1)
  await plane.send({
    type: typeNames[type],
    version: '1',
    resources: [...broken.map(([, make], index) => make(nameOf(index))), good],
  })
  const { error, version } = await plane.rejected(shortName)
  assert.equal(version, '')
  const missed: string[] = []
  for (const [index, [field]] of broken.entries()) {
    const told = await client.heard(nameOf(index), 'failed')
    if (!told.includes(field)) missed.push(`${field} is not named: ${told}`)
    if (!error?.includes(nameOf(index))) missed.push(`${field}: the server is not told`)
  }
  assert.deepEqual(missed, [])
  await client.heard('good', 'changed')
}

/** Sends them all in one response, which has to be accepted whole. */
async function accepts(t: TestContext, type: Kind, odd: readonly Odd[]): Promise<void> {
  const plane = await ScriptedControlPlane.start(t)
  await plane.silence('Listener', 'Cluster')
  const client = await ClientProcess.start(t, plane)
  for (const index of odd.keys()) await client.watch(`odd-${index}`, type, `odd-${index}`)
  await plane.request('all of them', ({ names }) => names?.length === odd.length)
  await plane.send({
    type: typeNames[type],
    version: '1',
    resources: odd.map(([, make], index) => make(`odd-${index}`)),
  })
  const answer = await plane.request('an answer', ({ nonce }) => nonce !== '')
  assert.equal(answer.error, null)
  for (const [index, [rule]] of odd.entries()) {
    await client.heard(`odd-${index}`, 'changed')
    assert.deepEqual(client.told(`odd-${index}`), ['changed'], rule)
  }
}

const fault = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'
const path = { prefix: '/' }

function matching(match: ScriptedResource): (name: string) => ScriptedResource {
  return (name) => routes(name, { match, route: { cluster: 'c' } })
}

function header(matcher: ScriptedResource): (name: string) => ScriptedResource {
  return matching({ ...path, headers: [{ name: 'x', ...matcher }] })
}

function action(fields: ScriptedResource): (name: string) => ScriptedResource {
  return (name) => routes(name, { match: path, ...fields })
}

function forward(fields: ScriptedResource): (name: string) => ScriptedResource {
  return action({ route: { cluster: 'c', ...fields } })
}

function retry(fields: ScriptedResource): (name: string) => ScriptedResource {
  return forward({ retry_policy: { retry_on: 'unavailable', ...fields } })
}

function weights(...list: readonly number[]): (name: string) => ScriptedResource {
  const clusters = list.map((weight, index) => ({ name: `c${index}`, weight }))
  return action({ route: { weighted_clusters: { clusters } } })
}

function domains(...list: readonly string[]): (name: string) => ScriptedResource {
  return (name) => ({ ...routes(name), virtual_hosts: [{ name: 'v', domains: list, routes: [to('c')] }] })
}

const nobodysPolicy = { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', type_url: 'nobody.knows/it' }
const leastRequest = {
  '@type': 'type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
}

/** A cluster's policies, first choice first. */
function balancedBy(...configs: readonly ScriptedResource[]): ScriptedResource {
  const policies = configs.map((typed_config) => ({ typed_extension_config: { name: 'p', typed_config } }))
  return { load_balancing_policy: { policies } }
}

describe('validation', () => {
  it('#64 routes that break a rule are refused, all with their fields', (t) =>
    refuses(t, 'routes', routes('good', to('c')), [
      ['virtual_hosts[0].domains[0]', domains('a*b')],
      ['virtual_hosts[0].domains[0]', domains('')],
      ['match', action({ match: undefined, route: { cluster: 'c' } })],
      ['match', matching({})],
      ['safe_regex', matching({ safe_regex: { regex: '(' } })],
      ['headers[0]', header({ safe_regex_match: { regex: '(' } })],
      ['headers[0]', header({ prefix_match: '' })],
      ['headers[0]', header({ suffix_match: '' })],
      ['headers[0]', header({ contains_match: '' })],
      ['weighted_clusters', weights(0, 0)],
      ['weighted_clusters', weights(4_294_967_295, 1)],
      ['base_interval', retry({ retry_back_off: { base_interval: '0s' } })],
      ['max_interval', retry({ retry_back_off: { base_interval: '1s', max_interval: '0s' } })],
      ['max_interval', retry({ retry_back_off: { base_interval: '1s', max_interval: '0.5s' } })],
      [
        'typed_per_filter_config',
        (name) =>
          routes(name, {
            ...to('c'),
            typed_per_filter_config: { f: { '@type': fault, abort: { http_status: 9999, percentage: {} } } },
          }),
      ],
      [
        'regex_rewrite',
        forward({ hash_policy: [{ header: { header_name: 'x', regex_rewrite: { pattern: { regex: '(' } } } }] }),
      ],
    ]))

  it('#64 #62 routes that are odd are accepted', (t) =>
    accepts(t, 'routes', [
      ['a table without virtual hosts', (name) => ({ ...routes(name), virtual_hosts: [] })],
      ['no kind of cluster that gRPC knows', action({ route: { cluster_header: 'x' } })],
      ['query parameters', matching({ ...path, query_parameters: [{ name: 'q', present_match: true }] })],
      ['an empty exact value', header({ exact_match: '' })],
      ['a range', header({ range_match: { start: '-1', end: '5' } })],
      ['an inverted header', header({ string_match: { exact: 'a' }, invert_match: true })],
      ['a runtime fraction', matching({ ...path, runtime_fraction: { default_value: { numerator: 0 } } })],
      ['a redirect', action({ redirect: { host_redirect: 'other.test' } })],
      ['a direct response', action({ direct_response: { status: 404 } })],
      ['an action for servers', action({ non_forwarding_action: {} })],
      ['a weight of zero beside another', weights(0, 1)],
      ['no retries, which only gRPC refuses', retry({ num_retries: 0 })],
      ['unknown conditions for retries', retry({ retry_on: 'moon-phase' })],
      ['an unknown kind of hash policy', forward({ hash_policy: [{ query_parameter: { name: 'q' } }] })],
      [
        'unknown names of filters in overrides',
        (name) => routes(name, { ...to('c'), typed_per_filter_config: { nobody: { '@type': fault } } }),
      ],
      ['upper case in a domain', domains('Shop.Test')],
    ]))

  it('#94 listeners that break a rule are refused, all with their fields', (t) => {
    const filters =
      (...http_filters: readonly ScriptedResource[]) =>
      (name: string) =>
        listener(name, name, { http_filters })
    return refuses(t, 'listener', listener('good'), [
      ['http_filters', filters()],
      ['http_filters', filters({ name: 'fault', typed_config: { '@type': fault } })],
      ['http_filters[1]', filters(router, { name: 'fault', typed_config: { '@type': fault } })],
      ['http_filters[0]', filters(router, { ...router, name: 'again' })],
      ['http_filters[0].name', filters({ typed_config: { '@type': fault } }, router)],
      [
        'http_filters[0].typed_config',
        filters(
          {
            name: 'f',
            is_optional: true,
            typed_config: { '@type': fault, abort: { http_status: 9999, percentage: {} } },
          },
          router,
        ),
      ],
      ['rds', (name) => listener(name, '')],
      ['route', (name) => listener(name, name, { rds: undefined })],
      [
        'max_stream_duration',
        (name) => listener(name, name, { common_http_protocol_options: { max_stream_duration: '-1s' } }),
      ],
      [
        'route_config',
        (name) =>
          listener(name, name, { rds: undefined, route_config: { virtual_hosts: [{ name: 'v', domains: ['a*b'] }] } }),
      ],
    ])
  })

  it('#94 listeners that are odd are accepted', (t) => {
    const unknown = { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', type_url: 'nobody.knows/it' }
    const http_filters = (...list: readonly ScriptedResource[]) => ({ http_filters: [...list, router] })
    return accepts(t, 'listener', [
      [
        'an optional filter that nobody knows',
        (name) => listener(name, name, http_filters({ name: 'f', is_optional: true, typed_config: unknown })),
      ],
      [
        'a filter that only others know: calls fail, its siblings go on',
        (name) => listener(name, name, http_filters({ name: 'f', typed_config: unknown })),
      ],
    ])
  })

  it('#94 clusters that break a rule are refused, all with their fields', (t) =>
    refuses(t, 'cluster', cluster('good'), [
      ['eds_cluster_config', (name) => cluster(name, { eds_cluster_config: undefined })],
      [
        'minimum_ring_size',
        (name) => cluster(name, { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: '9000000' } }),
      ],
      [
        'min',
        (name) =>
          cluster(name, {
            lb_policy: 'RING_HASH',
            ring_hash_lb_config: { minimum_ring_size: '20', maximum_ring_size: '10' },
          }),
      ],
      [
        'choice_count',
        (name) => cluster(name, { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 1 } }),
      ],
      ['outlier_detection', (name) => cluster(name, { outlier_detection: { interval: '-1s' } })],
      ['outlier_detection', (name) => cluster(name, { outlier_detection: { max_ejection_percent: 101 } })],
      ['load_assignment', (name) => cluster(name, { type: 'LOGICAL_DNS', eds_cluster_config: undefined })],
      ['load_balancing_policy', (name) => cluster(name, { load_balancing_policy: { policies: [] } })],
      ['no policy in the list is known', (name) => cluster(name, balancedBy(nobodysPolicy))],
      [
        'typed_extension_config.typed_config.choice_count',
        (name) => cluster(name, balancedBy(nobodysPolicy, { ...leastRequest, choice_count: 1 }, leastRequest)),
      ],
    ]))

  it('#94 clusters that are odd are accepted', (t) =>
    accepts(t, 'cluster', [
      ['least request', (name) => cluster(name, { lb_policy: 'LEAST_REQUEST' })],
      ['random', (name) => cluster(name, { lb_policy: 'RANDOM' })],
      ['maglev', (name) => cluster(name, { lb_policy: 'MAGLEV' })],
      [
        'many choices',
        (name) => cluster(name, { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 100 } }),
      ],
      [
        'thresholds of two priorities',
        (name) => cluster(name, { circuit_breakers: { thresholds: [{ priority: 'HIGH' }, { max_requests: 5 }] } }),
      ],
      ['outlier detection without a field', (name) => cluster(name, { outlier_detection: {} })],
    ]))

  it('#94 endpoints that break a rule are refused, all with their fields', (t) => {
    const port = 1
    const endpoint = (fields: ScriptedResource): ScriptedResource => ({ endpoint: fields })
    const address = (value: string): ScriptedResource =>
      endpoint({ address: { socket_address: { address: value, port_value: port } } })
    return refuses(t, 'endpoints', assignment('good', locality('a', [port])), [
      ['priority', (name) => assignment(name, locality('a', [port], { priority: 1 }))],
      ['priority', (name) => assignment(name, locality('a', [1]), locality('b', [2], { priority: 2 }))],
      ['endpoints[1]', (name) => assignment(name, locality('a', [1]), locality('b', [1]))],
      [
        'load_balancing_weight',
        (name) => assignment(name, locality('a', [lbEndpoint(1, { load_balancing_weight: 0 })])),
      ],
      [
        'endpoints[0].lb_endpoints',
        (name) => assignment(name, locality('a', [lbEndpoint(1, { load_balancing_weight: 4_294_967_295 }), 2])),
      ],
      [
        'priority 0',
        (name) => assignment(name, locality('a', [1], { load_balancing_weight: 4_294_967_295 }), locality('b', [2])),
      ],
      ['address', (name) => assignment(name, locality('a', [address('not-an-address')]))],
      ['address', (name) => assignment(name, locality('a', [endpoint({})]))],
      [
        'denominator',
        (name) => ({
          ...assignment(name, locality('a', [1])),
          policy: { drop_overloads: [{ category: 'c', drop_percentage: { numerator: 1, denominator: 9 } }] },
        }),
      ],
      [
        'additional_addresses',
        (name) =>
          assignment(
            name,
            locality('a', [
              endpoint({
                address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
                additional_addresses: [{}],
              }),
            ]),
          ),
      ],
    ])
  })

  it('#94 endpoints that are odd are accepted', (t) =>
    accepts(t, 'endpoints', [
      ['no locality', (name) => assignment(name)],
      [
        'one locality twice, which only gRPC refuses',
        (name) => assignment(name, locality('a', [1]), locality('a', [2])),
      ],
      [
        'a locality in two priorities',
        (name) => assignment(name, locality('a', [1]), locality('a', [2], { priority: 1 })),
      ],
      [
        'a locality without weight',
        (name) => assignment(name, locality('a', [1]), locality('b', [2], { load_balancing_weight: 0 })),
      ],
      [
        'drops',
        (name) => ({
          ...assignment(name, locality('a', [1])),
          policy: { drop_overloads: [{ category: 'c', drop_percentage: { numerator: 1, denominator: 'MILLION' } }] },
        }),
      ],
    ]))
})
