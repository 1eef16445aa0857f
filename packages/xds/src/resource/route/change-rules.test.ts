import assert from 'node:assert/strict'
import type { ForwardAction, HeaderOperations, RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

const ROUTE = 'virtual_hosts[0].routes[0]'
const ACTION = `${ROUTE}.route`
const TEMPLATE_MATCH = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
const TEMPLATE_REWRITE = 'type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig'

function routes(parts: object, levels: { host?: object; table?: object } = {}): object {
  const forwards = 'redirect' in parts ? {} : { route: { cluster: 'c' } }
  const entry = { match: { prefix: '/' }, ...forwards, ...parts }
  return {
    name: 'r',
    virtualHosts: [{ name: 'h', domains: ['*'], routes: [entry], ...levels.host }],
    ...levels.table,
  }
}

function action(more: object): object {
  return routes({ route: { cluster: 'c', ...more } })
}

function template(rewrite: string, match: object = matchTemplate('/a/{x}/{y=**}')): object {
  const policy = { name: 't', typedConfig: { '@type': TEMPLATE_REWRITE, pathTemplateRewrite: rewrite } }
  return routes({ match, route: { cluster: 'c', pathRewritePolicy: policy } })
}

function matchTemplate(pathTemplate: string): object {
  return { pathMatchPolicy: { name: 't', typedConfig: { '@type': TEMPLATE_MATCH, pathTemplate } } }
}

function forward(value: RouteConfiguration): ForwardAction {
  const first = value.virtualHosts[0]?.routes[0]?.action
  assert.ok(first?.kind === 'forward')
  return first
}

function expectPath(expected: object): (value: RouteConfiguration) => void {
  return (value) => assert.deepEqual(JSON.parse(JSON.stringify(forward(value).pathRewrite)), expected)
}

function expectHost(expected: object | undefined): (value: RouteConfiguration) => void {
  return (value) => assert.deepEqual(JSON.parse(JSON.stringify(forward(value).hostRewrite ?? null)), expected ?? null)
}

function summary(operations: HeaderOperations | undefined): object | undefined {
  if (operations === undefined) return undefined
  const add = operations.add.map(({ name, value, action, keepEmpty }) => [name, value.text, action, keepEmpty])
  return { remove: operations.remove, add }
}

const SUBSTITUTION = { pattern: { regex: '/(a)' }, substitution: '/\\1b' }

const REWRITES: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-220',
    rule: 'prefix_rewrite is carried',
    input: action({ prefixRewrite: '/x' }),
    outcome: 'carried',
    check: expectPath({ kind: 'prefix', value: '/x' }),
  },
  {
    id: 'RDS-221',
    rule: 'regex_rewrite is carried',
    input: action({ regexRewrite: SUBSTITUTION }),
    outcome: 'carried',
    check: expectPath({ kind: 'regex', rewrite: { pattern: '/(a)', substitution: '/\\1b' } }),
  },
  {
    id: 'RDS-222',
    rule: 'the expression of a rewrite is RE2',
    input: action({ regexRewrite: { pattern: { regex: '(' } } }),
    outcome: 'malformed',
    fields: [`${ACTION}.regex_rewrite.pattern.regex`],
  },
  {
    id: 'RDS-223',
    rule: 'a rewrite by URI template is carried',
    input: template('/b/{y}/{x}'),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.match.path_match_policy`],
    check: expectPath({ kind: 'template', parts: ['/b/', 'y', '/', 'x', ''] }),
  },
  {
    id: 'RDS-224',
    rule: 'a rewrite by URI template names variables of the match',
    input: template('/b/{z}'),
    outcome: 'malformed',
    fields: [`${ACTION}.path_rewrite_policy.typed_config.path_template_rewrite`],
  },
  {
    id: 'RDS-225',
    rule: 'a rewrite by URI template needs a match by URI template',
    input: template('/b', { prefix: '/' }),
    outcome: 'malformed',
    fields: [`${ACTION}.path_rewrite_policy`],
  },
  {
    id: 'RDS-226',
    rule: 'a rewrite by another policy refuses HTTP',
    input: action({ pathRewritePolicy: { name: 'p' } }),
    outcome: 'HTTP refused',
    fields: [`${ACTION}.path_rewrite_policy`],
  },
  {
    id: 'RDS-227',
    rule: 'a path is rewritten in one way',
    input: action({ prefixRewrite: '/x', regexRewrite: SUBSTITUTION }),
    outcome: 'malformed',
    fields: [ACTION],
  },
  {
    id: 'RDS-228',
    rule: 'a rewrite by a format is carried',
    input: action({ pathRewrite: '/x%REQ(y)%' }),
    outcome: 'carried',
    check: expectPath({ kind: 'format', format: { text: '/x%REQ(y)%' } }),
  },
  {
    id: 'RDS-229',
    rule: 'a host given as text is carried, and whether the old one is forwarded',
    input: action({ hostRewriteLiteral: 'h', appendXForwardedHost: true }),
    outcome: 'carried',
    check: (value) => {
      expectHost({ kind: 'literal', host: 'h' })(value)
      assert.equal(forward(value).appendsForwardedHost, true)
    },
  },
  {
    id: 'RDS-230',
    rule: 'auto_host_rewrite is carried',
    input: action({ autoHostRewrite: true }),
    outcome: 'carried',
    check: (value) => {
      expectHost({ kind: 'endpoint' })(value)
      // For gRPC only of servers that are trusted (gRFC A81).
      assert.equal(forward(value).rewritesAuthority, undefined)
    },
  },
  {
    id: 'RDS-231',
    rule: 'a host out of a header is carried',
    input: action({ hostRewriteHeader: 'X-Host' }),
    outcome: 'carried',
    check: expectHost({ kind: 'header', name: 'x-host' }),
  },
  {
    id: 'RDS-232',
    rule: 'a host out of the path is carried',
    input: action({ hostRewritePathRegex: SUBSTITUTION }),
    outcome: 'carried',
    check: expectHost({ kind: 'path', rewrite: { pattern: '/(a)', substitution: '/\\1b' } }),
  },
  {
    id: 'RDS-233',
    rule: 'a host by a format is carried',
    input: action({ hostRewrite: '%REQ(x)%' }),
    outcome: 'carried',
    check: expectHost({ kind: 'format', format: { text: '%REQ(x)%' } }),
  },
  {
    id: 'RDS-234',
    rule: 'a destination may rewrite the host and change headers',
    input: routes({
      route: {
        weightedClusters: {
          clusters: [{ name: 'a', weight: 1, hostRewriteLiteral: 'h', requestHeadersToRemove: ['X'] }],
        },
      },
    }),
    outcome: 'carried',
    check: (value) => {
      const { hostRewrite, requestHeaders } = forward(value).clusters[0]!
      assert.deepEqual([hostRewrite, summary(requestHeaders)], ['h', { remove: ['x'], add: [] }])
    },
  },
]

function add(...options: object[]): object {
  return routes({ requestHeadersToAdd: options })
}

const ADDED = `${ROUTE}.request_headers_to_add[0]`

const HEADERS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-240',
    rule: 'header changes are carried on every level',
    input: routes(
      { requestHeadersToAdd: [{ header: { key: 'A', value: '1' } }] },
      { host: { responseHeadersToRemove: ['S'] }, table: { requestHeadersToRemove: ['T'] } },
    ),
    outcome: 'carried',
    check: (value) => {
      const host = value.virtualHosts[0]!
      assert.deepEqual([host.routes[0]!.requestHeaders, host.responseHeaders, value.requestHeaders].map(summary), [
        { remove: [], add: [['a', '1', 'append', false]] },
        { remove: ['s'], add: [] },
        { remove: ['t'], add: [] },
      ])
      assert.equal(value.mostSpecificHeaderChangesWin, undefined)
    },
  },
  {
    id: 'RDS-241',
    rule: 'what becomes of headers that are there is carried, the deprecated way too',
    input: add(
      { header: { key: 'a' }, appendAction: 'ADD_IF_ABSENT', keepEmptyValue: true },
      { header: { key: 'b' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'c' }, appendAction: 'OVERWRITE_IF_EXISTS' },
      { header: { key: 'd' }, append: false },
      { header: { key: 'e' }, append: true },
    ),
    outcome: 'carried',
    check: ({ virtualHosts }) =>
      assert.deepEqual(summary(virtualHosts[0]!.routes[0]!.requestHeaders), {
        remove: [],
        add: [
          ['a', '', 'add-if-absent', true],
          ['b', '', 'overwrite', false],
          ['c', '', 'overwrite-if-present', false],
          ['d', '', 'overwrite', false],
          ['e', '', 'append', false],
        ],
      }),
  },
  {
    id: 'RDS-242',
    rule: 'the two ways exclude each other',
    input: add({ header: { key: 'a' }, append: true, appendAction: 'ADD_IF_ABSENT' }),
    outcome: 'malformed',
    fields: [`${ADDED}.append`],
  },
  {
    id: 'RDS-243',
    rule: 'the request line and the host are not changed as headers',
    input: routes({
      requestHeadersToAdd: [{ header: { key: ':path', value: '/' } }, { header: { key: 'Host', value: 'h' } }],
      responseHeadersToRemove: [':status'],
    }),
    outcome: 'malformed',
    fields: [
      `${ADDED}.header.key`,
      `${ROUTE}.request_headers_to_add[1].header.key`,
      `${ROUTE}.response_headers_to_remove[0]`,
    ],
  },
  {
    id: 'RDS-244',
    rule: 'a header has a name and a value of one line',
    input: add({ header: { key: '' } }, { header: { key: 'a b' } }, { header: { key: 'a', value: 'x\ny' } }),
    outcome: 'malformed',
    fields: [
      `${ADDED}.header.key`,
      `${ROUTE}.request_headers_to_add[1].header.key`,
      `${ROUTE}.request_headers_to_add[2].header.value`,
    ],
  },
  {
    id: 'RDS-245',
    rule: 'a command that does not exist is malformed, as in Envoy',
    input: add({ header: { key: 'a', value: '%NO_SUCH%' } }),
    outcome: 'malformed',
    fields: [`${ADDED}.header.value`],
  },
  {
    id: 'RDS-246',
    rule: 'a percent sign that begins no command is malformed',
    input: add({ header: { key: 'a', value: '100%' } }),
    outcome: 'malformed',
    fields: [`${ADDED}.header.value`],
  },
  {
    id: 'RDS-247',
    rule: 'a command of Envoy that is not carried out refuses HTTP',
    input: add({ header: { key: 'a', value: '%DYNAMIC_METADATA(x:y)%' } }),
    outcome: 'HTTP refused',
    fields: [`${ADDED}.header.value`],
  },
  {
    id: 'RDS-248',
    rule: 'the environment of the process is never told',
    input: add({ header: { key: 'a', value: '%ENVIRONMENT(SECRET)%' } }),
    outcome: 'HTTP refused',
    fields: [`${ADDED}.header.value`],
  },
  {
    id: 'RDS-249',
    rule: 'what a virtual host cannot do refuses its routes',
    input: routes({}, { host: { responseHeadersToAdd: [{ header: { key: 'a', value: '%ENVIRONMENT(X)%' } }] } }),
    outcome: 'HTTP refused',
    fields: ['virtual_hosts[0].response_headers_to_add[0].header.value'],
  },
  {
    id: 'RDS-250',
    rule: 'the order of levels is carried',
    input: routes({}, { table: { mostSpecificHeaderMutationsWins: true } }),
    outcome: 'carried',
    check: (value) => assert.equal(value.mostSpecificHeaderChangesWin, true),
  },
  {
    id: 'RDS-251',
    rule: 'a redirect may change the headers of its answer',
    input: routes({ redirect: {}, responseHeadersToAdd: [{ header: { key: 'a', value: 'b' } }] }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.redirect`],
    check: ({ virtualHosts }) => assert.equal(virtualHosts[0]!.routes[0]!.responseHeaders?.add.length, 1),
  },
]

function expectMirrors(...expected: object[]): (value: RouteConfiguration) => void {
  return (value) => assert.deepEqual(forward(value).mirrors ?? [], expected)
}

const MIRRORS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-270',
    rule: 'mirrors are carried',
    input: action({
      requestMirrorPolicies: [
        { cluster: 'm', runtimeFraction: { defaultValue: { numerator: 5 } }, disableShadowHostSuffixAppend: true },
        { cluster: 'n', hostRewriteLiteral: 'h', requestHeadersMutations: [{ remove: 'X' }] },
      ],
    }),
    outcome: 'carried',
    check: expectMirrors(
      { cluster: 'm', fraction: { perMillion: 50_000 }, keepsHost: true, changes: [] },
      { cluster: 'n', host: 'h', changes: [{ kind: 'remove', name: 'x' }] },
    ),
  },
  {
    id: 'RDS-271',
    rule: 'mirrors of the virtual host are for routes without their own, those of the table for hosts without',
    input: routes(
      {},
      {
        host: { requestMirrorPolicies: [{ cluster: 'h' }] },
        table: { requestMirrorPolicies: [{ cluster: 't' }] },
      },
    ),
    outcome: 'carried',
    check: expectMirrors({ cluster: 'h', changes: [] }),
  },
  {
    id: 'RDS-272',
    rule: 'mirrors of the route are the only ones it has',
    input: routes(
      { route: { cluster: 'c', requestMirrorPolicies: [{ cluster: 'r' }] } },
      { host: { requestMirrorPolicies: [{ cluster: 'h' }] } },
    ),
    outcome: 'carried',
    check: expectMirrors({ cluster: 'r', changes: [] }),
  },
  {
    id: 'RDS-273',
    rule: 'a mirror names its cluster in one way',
    input: action({ requestMirrorPolicies: [{}, { cluster: 'm', clusterHeader: 'x' }] }),
    outcome: 'malformed',
    fields: [`${ACTION}.request_mirror_policies[0]`, `${ACTION}.request_mirror_policies[1]`],
  },
  {
    id: 'RDS-274',
    rule: 'a mirror that a header names is carried; sampling of copies is listed',
    input: action({ requestMirrorPolicies: [{ clusterHeader: 'x', traceSampled: true }] }),
    outcome: 'listed',
    fields: [`${ACTION}.request_mirror_policies[0].trace_sampled`],
    check: expectMirrors({ cluster: '', clusterHeader: 'x', changes: [] }),
  },
]

testRules({ type: routeConfigurationType, outcomeOf: routeOutcome, rules: [...REWRITES, ...HEADERS, ...MIRRORS] })
