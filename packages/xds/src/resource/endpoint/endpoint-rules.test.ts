import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import { endpointAssignmentType } from './endpoint-assignment-type.js'
import type { EndpointResource } from './endpoint-resource.js'

const HERE = { region: 'r', zone: 'z' }

function endpoint(address: string, more: object = {}, moreOfEndpoint: object = {}): object {
  const [, host, port] = /^(.*):(\d+)$/.exec(address)!
  const socketAddress = { address: host, portValue: Number(port) }
  return { endpoint: { address: { socketAddress }, ...moreOfEndpoint }, ...more }
}

function locality(lbEndpoints: readonly object[], more: object = {}): object {
  return { locality: HERE, loadBalancingWeight: 1, lbEndpoints, ...more }
}

function assignment(endpoints: readonly object[], more: object = {}): object {
  return { clusterName: 'c', endpoints, ...more }
}

function withAddress(address: object): object {
  return assignment([locality([{ endpoint: { address } }])])
}

function health(status: string): Pick<Rule<EndpointResource>, 'input' | 'outcome'> {
  return { input: assignment([locality([endpoint('10.0.0.1:80', { healthStatus: status })])]), outcome: 'carried' }
}

function expectHealth(expected: string): (value: EndpointResource) => void {
  return ({ assignment: { localities } }) => assert.equal(localities[0]?.endpoints[0]?.health, expected)
}

function drops(dropPercentage: object): object {
  return assignment([], { policy: { dropOverloads: [{ category: 'lb', dropPercentage }] } })
}

const MOST = 0xffff_ffff

const RULES: readonly Rule<EndpointResource>[] = [
  {
    id: 'EDS-1',
    rule: 'the name is required',
    input: { endpoints: [] },
    outcome: 'malformed',
    fields: ['cluster_name'],
  },
  {
    id: 'EDS-2',
    rule: 'no endpoints at all is valid',
    input: assignment([]),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.assignment, { localities: [], drops: [] }),
  },
  {
    id: 'EDS-3',
    rule: 'everything said of an endpoint is carried',
    input: assignment([
      locality(
        [
          endpoint(
            '10.0.0.1:80',
            {
              loadBalancingWeight: 7,
              metadata: { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } },
            },
            { hostname: 'one.example' },
          ),
        ],
        { locality: { ...HERE, subZone: 's' }, loadBalancingWeight: 3 },
      ),
    ]),
    outcome: 'carried',
    check: (value) =>
      assert.deepEqual(value.assignment.localities, [
        {
          locality: { region: 'r', zone: 'z', subZone: 's' },
          priority: 0,
          weight: 3,
          endpoints: [
            {
              key: '10.0.0.1:80',
              host: '10.0.0.1',
              port: 80,
              hostname: 'one.example',
              weight: 7,
              health: 'healthy',
              metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } },
            },
          ],
        },
      ]),
  },
  {
    id: 'EDS-4',
    rule: 'an IPv6 address stands in brackets in the key',
    input: assignment([locality([endpoint('2001:db8::1:80')])]),
    outcome: 'carried',
    check: (value) => assert.equal(value.assignment.localities[0]?.endpoints[0]?.key, '[2001:db8::1]:80'),
  },
  {
    id: 'EDS-5',
    rule: 'a host name is no address',
    input: assignment([locality([endpoint('db.example:80')])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address'],
  },
  {
    id: 'EDS-6',
    rule: 'the port is required',
    input: withAddress({ socketAddress: { address: '10.0.0.1' } }),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value'],
  },
  {
    id: 'EDS-7',
    rule: 'a port is at most 65535',
    input: assignment([locality([endpoint('10.0.0.1:65536')])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value'],
  },
  {
    id: 'EDS-8',
    rule: 'the address is required',
    input: assignment([locality([{ endpoint: {} }])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address'],
  },
  {
    id: 'EDS-9',
    rule: 'an endpoint behind a pipe is left out',
    input: withAddress({ pipe: { path: '/run/x' } }),
    outcome: 'listed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.pipe'],
    check: (value) => assert.deepEqual(value.assignment.localities[0]?.endpoints, []),
  },
  {
    id: 'EDS-10',
    rule: 'an endpoint behind an internal listener is left out',
    input: withAddress({ envoyInternalAddress: { serverListenerName: 'tunnel' } }),
    outcome: 'listed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.envoy_internal_address'],
  },
  {
    id: 'EDS-11',
    rule: 'an endpoint that speaks UDP is left out',
    input: withAddress({ socketAddress: { address: '10.0.0.1', portValue: 80, protocol: 'UDP' } }),
    outcome: 'listed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.address.socket_address.protocol'],
  },
  {
    id: 'EDS-12',
    rule: 'an endpoint given by name is left out',
    input: assignment([locality([{ endpointName: 'one' }])]),
    outcome: 'listed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint_name'],
  },
  {
    id: 'EDS-13',
    rule: 'an address may stand once in the whole resource',
    input: assignment([locality([endpoint('10.0.0.1:80')]), locality([endpoint('10.0.0.1:80')], { priority: 1 })]),
    outcome: 'malformed',
    fields: ['endpoints[1].lb_endpoints[0].endpoint.address'],
  },
  {
    id: 'EDS-14',
    rule: 'additional addresses count for that rule',
    input: assignment([
      locality([
        endpoint(
          '10.0.0.1:80',
          {},
          {
            additionalAddresses: [{ address: { socketAddress: { address: '10.0.0.1', portValue: 80 } } }],
          },
        ),
      ]),
    ]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.additional_addresses[0]'],
  },
  {
    id: 'EDS-15',
    rule: 'additional addresses are carried, those with another port listed',
    input: assignment([
      locality([
        endpoint(
          '10.0.0.1:80',
          {},
          {
            additionalAddresses: [
              { address: { socketAddress: { address: '::1', portValue: 80 } } },
              { address: { socketAddress: { address: '::1', portValue: 81 } } },
            ],
          },
        ),
      ]),
    ]),
    outcome: 'listed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.additional_addresses[1]'],
    check: ({ assignment: { localities } }) => assert.deepEqual(localities[0]?.endpoints[0]?.additionalHosts, ['::1']),
  },
  {
    id: 'EDS-16',
    rule: 'an additional address is required to be there',
    input: assignment([locality([endpoint('10.0.0.1:80', {}, { additionalAddresses: [{}] })])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.additional_addresses[0].address'],
  },
  {
    id: 'EDS-17',
    rule: 'an endpoint has a weight of 1 or more',
    input: assignment([locality([endpoint('10.0.0.1:80', { loadBalancingWeight: 0 })])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].load_balancing_weight'],
  },
  {
    id: 'EDS-18',
    rule: 'the weights of the endpoints of a locality add up in 32 bits',
    input: assignment([
      locality([
        endpoint('10.0.0.1:80', { loadBalancingWeight: MOST }),
        endpoint('10.0.0.2:80', { loadBalancingWeight: 1 }),
      ]),
    ]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints'],
  },
  {
    id: 'EDS-19',
    rule: 'the weights of the localities of a priority add up in 32 bits',
    input: assignment([
      locality([], { loadBalancingWeight: MOST }),
      locality([], { locality: { region: 'other' }, loadBalancingWeight: 1 }),
    ]),
    outcome: 'malformed',
    fields: ['endpoints'],
  },
  {
    id: 'EDS-20',
    rule: 'gRPC leaves out a locality of weight 0 before anything in it is looked at; HTTP does not',
    input: assignment([
      locality([endpoint('10.0.0.1:80')]),
      locality([endpoint('not-an-address:80')], { loadBalancingWeight: 0, priority: 7 }),
    ]),
    outcome: 'HTTP refused',
    fields: ['endpoints[1]'],
  },
  {
    id: 'EDS-21',
    rule: 'a locality without weight among others that have one has none, which gRPC leaves out',
    input: assignment([
      locality([endpoint('10.0.0.1:80')]),
      { locality: HERE, priority: 7, lbEndpoints: [endpoint('10.0.0.2:80')] },
    ]),
    outcome: 'carried',
    check: (value) =>
      assert.deepEqual(
        value.assignment.localities.map(({ weight }) => weight),
        [1, 0],
      ),
  },
  {
    id: 'EDS-22',
    rule: 'where no locality has a weight, HTTP spreads requests over all endpoints alike and gRPC has none',
    input: assignment([
      { locality: HERE, lbEndpoints: [endpoint('10.0.0.1:80'), endpoint('10.0.0.2:80')] },
      { locality: { region: 'other' }, lbEndpoints: [endpoint('10.0.0.3:80')] },
    ]),
    outcome: 'gRPC refused',
    fields: ['endpoints'],
    check: (value) =>
      assert.deepEqual(
        value.assignment.localities.map(({ weight }) => weight),
        [0, 0],
      ),
  },
  {
    id: 'EDS-23',
    rule: 'priorities run from 0 without a gap',
    input: assignment([locality([endpoint('10.0.0.1:80')]), locality([endpoint('10.0.0.2:80')], { priority: 2 })]),
    outcome: 'malformed',
    fields: ['endpoints'],
  },
  {
    id: 'EDS-24',
    rule: 'priorities may come in any order',
    input: assignment([locality([endpoint('10.0.0.1:80')], { priority: 1 }), locality([endpoint('10.0.0.2:80')])]),
    outcome: 'carried',
    check: (value) =>
      assert.deepEqual(
        value.assignment.localities.map(({ priority }) => priority),
        [1, 0],
      ),
  },
  {
    id: 'EDS-25',
    rule: 'gRPC takes a locality once per priority',
    input: assignment([locality([endpoint('10.0.0.1:80')]), locality([endpoint('10.0.0.2:80')])]),
    outcome: 'gRPC refused',
    fields: ['endpoints[1].locality'],
  },
  {
    id: 'EDS-26',
    rule: 'a locality may have endpoints in several priorities',
    input: assignment([locality([endpoint('10.0.0.1:80')]), locality([endpoint('10.0.0.2:80')], { priority: 1 })]),
    outcome: 'carried',
  },
  {
    id: 'EDS-27',
    rule: 'gRPC requires the locality',
    input: assignment([{ loadBalancingWeight: 1, lbEndpoints: [endpoint('10.0.0.1:80')] }]),
    outcome: 'gRPC refused',
    fields: ['endpoints[0].locality'],
  },
  {
    id: 'EDS-28',
    rule: 'a locality may be empty of words',
    input: assignment([locality([endpoint('10.0.0.1:80')], { locality: {} })]),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.assignment.localities[0]?.locality, { region: '', zone: '', subZone: '' }),
  },
  {
    id: 'EDS-29',
    rule: 'endpoints that are discovered one by one are listed',
    input: assignment([
      { locality: HERE, loadBalancingWeight: 1, ledsClusterLocalityConfig: { ledsCollectionName: 'x' } },
    ]),
    outcome: 'listed',
    fields: ['endpoints[0].leds_cluster_locality_config'],
  },
  { id: 'EDS-30', rule: 'UNKNOWN counts as healthy', ...health('UNKNOWN'), check: expectHealth('healthy') },
  { id: 'EDS-31', rule: 'HEALTHY is healthy', ...health('HEALTHY'), check: expectHealth('healthy') },
  { id: 'EDS-32', rule: 'DRAINING drains', ...health('DRAINING'), check: expectHealth('draining') },
  { id: 'EDS-33', rule: 'UNHEALTHY is unhealthy', ...health('UNHEALTHY'), check: expectHealth('unhealthy') },
  { id: 'EDS-34', rule: 'TIMEOUT is unhealthy', ...health('TIMEOUT'), check: expectHealth('unhealthy') },
  { id: 'EDS-35', rule: 'DEGRADED is degraded', ...health('DEGRADED'), check: expectHealth('degraded') },
  {
    id: 'EDS-36',
    rule: 'drops are counted in parts of a million',
    input: drops({ numerator: 5, denominator: 'TEN_THOUSAND' }),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.assignment.drops, [{ category: 'lb', perMillion: 500 }]),
  },
  {
    id: 'EDS-37',
    rule: 'a drop is at most everything',
    input: drops({ numerator: 200 }),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.assignment.drops, [{ category: 'lb', perMillion: 1_000_000 }]),
  },
  {
    id: 'EDS-38',
    rule: 'the denominator of a drop must exist',
    input: drops({ numerator: 5, denominator: 9 }),
    outcome: 'malformed',
    fields: ['policy.drop_overloads[0].drop_percentage.denominator'],
  },
  {
    id: 'EDS-39',
    rule: 'that endpoints grow stale is listed',
    input: assignment([], { policy: { endpointStaleAfter: '5s' } }),
    outcome: 'listed',
    fields: ['policy.endpoint_stale_after'],
  },
  {
    id: 'EDS-301',
    rule: 'how the health of a priority counts is carried',
    input: assignment([], { policy: { overprovisioningFactor: 200, weightedPriorityHealth: true } }),
    outcome: 'carried',
    check: ({ assignment: { overprovisioningFactor, weightedPriorityHealth } }) =>
      assert.deepEqual([overprovisioningFactor, weightedPriorityHealth], [200, true]),
  },
  {
    id: 'EDS-302',
    rule: 'an overprovisioning factor of 0 refuses HTTP; gRPC does not read it',
    input: assignment([], { policy: { overprovisioningFactor: 0 } }),
    outcome: 'HTTP refused',
    fields: ['policy.overprovisioning_factor'],
  },
  {
    id: 'EDS-40',
    rule: 'how an endpoint is checked is carried',
    input: assignment([
      locality([
        endpoint('10.0.0.1:80', {}, { healthCheckConfig: { portValue: 81, hostname: 'h' } }),
        endpoint('10.0.0.2:80', {}, { healthCheckConfig: { disableActiveHealthCheck: true } }),
      ]),
    ]),
    outcome: 'carried',
    check: ({ assignment: { localities } }) =>
      assert.deepEqual(
        localities[0]?.endpoints.map(({ healthCheck }) => healthCheck),
        [{ port: 81, hostname: 'h' }, { disabled: true }],
      ),
  },
  {
    id: 'EDS-47',
    rule: 'an endpoint is checked at a port that exists, and at its own address',
    input: assignment([locality([endpoint('10.0.0.1:80', {}, { healthCheckConfig: { portValue: 65_536 } })])]),
    outcome: 'malformed',
    fields: ['endpoints[0].lb_endpoints[0].endpoint.health_check_config.port_value'],
  },
  {
    id: 'EDS-42',
    rule: 'metadata of any name reaches no prototype',
    input: assignment([
      locality([
        endpoint('10.0.0.1:80', {
          metadata: JSON.parse('{"filterMetadata":{"__proto__":{"polluted":true},"a":{"b":1}}}'),
        }),
      ]),
    ]),
    outcome: 'carried',
    check: (value) => {
      const metadata = value.assignment.localities[0]?.endpoints[0]?.metadata
      assert.deepEqual(metadata, { a: { b: 1 } })
      assert.equal(Object.getPrototypeOf(metadata), Object.prototype)
    },
  },
  {
    id: 'EDS-46',
    rule: 'what else is said of localities and by name is listed',
    input: assignment([locality([], { metadata: {}, proximity: 1 })], { namedEndpoints: { x: {} } }),
    outcome: 'listed',
    fields: ['named_endpoints', 'endpoints[0].metadata', 'endpoints[0].proximity'],
  },
  {
    id: 'EDS-41',
    rule: 'all errors are told, not the first',
    input: assignment([locality([endpoint('a:80', { loadBalancingWeight: 0 }), endpoint('10.0.0.1:0')])]),
    outcome: 'malformed',
    fields: [
      'endpoints[0].lb_endpoints[0].load_balancing_weight',
      'endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address',
      'endpoints[0].lb_endpoints[1].endpoint.address.socket_address.port_value',
    ],
  },
]

testRules({
  type: endpointAssignmentType,
  outcomeOf: ({ refused }, listed) => refusedViews(refused)[0] ?? (listed ? 'listed' : 'carried'),
  rules: RULES,
})
