import assert from 'node:assert/strict'
import type { HashPolicy, RouteConfiguration } from '@inmesh/core'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

function place(index: number, field = ''): string {
  return `virtual_hosts[0].routes[0].route.hash_policy[${index}]${field}`
}

function hashed(...hashPolicy: object[]): object {
  const route = { match: { prefix: '/' }, route: { cluster: 'c', hashPolicy } }
  return { name: 'r', virtualHosts: [{ name: 'v', domains: ['*'], routes: [route] }] }
}

function policiesOf({ virtualHosts }: RouteConfiguration): readonly HashPolicy[] | undefined {
  const action = virtualHosts[0]!.routes[0]!.action
  assert.ok(action.kind === 'forward')
  return action.hashPolicies
}

function expectPolicies(expected: unknown): (value: RouteConfiguration) => void {
  return (value) => assert.deepEqual(policiesOf(value), expected)
}

const RULES: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-400',
    rule: 'without a hash policy nothing is hashed',
    input: hashed(),
    outcome: 'carried',
    check: expectPolicies(undefined),
  },
  {
    id: 'RDS-401',
    rule: 'headers go by lower-case names, and the first policy may end the hash',
    input: hashed({ header: { headerName: 'X-User' }, terminal: true }, { header: { headerName: ':path' } }),
    outcome: 'carried',
    check: expectPolicies([
      { kind: 'header', name: 'x-user', terminal: true },
      { kind: 'header', name: ':path', terminal: false },
    ]),
  },
  {
    id: 'RDS-402',
    rule: 'a header is rewritten by an expression',
    input: hashed({
      header: { headerName: 'x', regexRewrite: { pattern: { regex: 'v([0-9]+)' }, substitution: '\\1' } },
    }),
    outcome: 'carried',
    check: (value) => {
      const [policy] = policiesOf(value)!
      assert.ok(policy?.kind === 'header')
      assert.equal(policy.rewrite?.replaceAll('v12-v3'), '12-3')
    },
  },
  {
    id: 'RDS-403',
    rule: 'an expression that is none, and one that is missing, are malformed',
    input: hashed(
      { header: { headerName: 'x', regexRewrite: { pattern: { regex: '(' } } } },
      { header: { headerName: 'x', regexRewrite: {} } },
    ),
    outcome: 'malformed',
    fields: [0, 1].map((index) => place(index, '.header.regex_rewrite.pattern.regex')),
  },
  {
    id: 'RDS-404',
    rule: 'names are required',
    input: hashed({ header: {} }, { cookie: {} }, { queryParameter: {} }),
    outcome: 'malformed',
    fields: [place(0, '.header.header_name'), place(1, '.cookie.name'), place(2, '.query_parameter.name')],
  },
  {
    id: 'RDS-405',
    rule: 'a cookie is made up with a time to live, in whole seconds, only',
    input: hashed(
      { cookie: { name: 'c', ttl: '1.900s', path: '/p', attributes: [{ name: 'Secure' }, { name: 'A', value: 'b' }] } },
      { cookie: { name: 'd', ttl: '0s' } },
      { cookie: { name: 'e' } },
    ),
    outcome: 'carried',
    check: expectPolicies([
      {
        kind: 'cookie',
        name: 'c',
        path: '/p',
        attributes: [
          { name: 'Secure', value: '' },
          { name: 'A', value: 'b' },
        ],
        terminal: false,
        ttlSeconds: 1,
      },
      { kind: 'cookie', name: 'd', path: '', attributes: [], terminal: false, ttlSeconds: 0 },
      { kind: 'cookie', name: 'e', path: '', attributes: [], terminal: false },
    ]),
  },
  {
    id: 'RDS-406',
    rule: 'query parameter, source address and channel id are carried',
    input: hashed(
      { queryParameter: { name: 'q' } },
      { connectionProperties: { sourceIp: true } },
      { connectionProperties: {} },
      { filterState: { key: 'io.grpc.channel_id' } },
    ),
    outcome: 'carried',
    check: expectPolicies([
      { kind: 'query-parameter', name: 'q', terminal: false },
      { kind: 'client-address', terminal: false },
      { kind: 'channel', terminal: false },
    ]),
  },
  {
    id: 'RDS-407',
    rule: 'kinds that are not known are passed over, not malformed (gRFC A42)',
    input: hashed({ filterState: { key: 'other' } }, {}, { header: { headerName: 'x' } }),
    outcome: 'listed',
    fields: [place(0, '.filter_state.key'), place(1)],
    check: expectPolicies([{ kind: 'header', name: 'x', terminal: false }]),
  },
  {
    id: 'RDS-408',
    rule: 'a negative time to live is malformed',
    input: hashed({ cookie: { name: 'c', ttl: '-1s' } }),
    outcome: 'malformed',
    fields: [place(0, '.cookie.ttl')],
  },
]

testRules({
  type: routeConfigurationType,
  outcomeOf: (_value, listed) => (listed ? 'listed' : 'carried'),
  rules: RULES,
})
