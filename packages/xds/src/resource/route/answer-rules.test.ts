import assert from 'node:assert/strict'
import type { RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

const ROUTE = 'virtual_hosts[0].routes[0]'

function route(action: object): object {
  return { name: 'r', virtualHosts: [{ name: 'h', domains: ['*'], routes: [{ match: { prefix: '/' }, ...action }] }] }
}

function redirect(more: object): object {
  return route({ redirect: more })
}

function direct(more: object): object {
  return route({ directResponse: more })
}

function expectAction(expected: object): (value: RouteConfiguration) => void {
  return (value) => assert.deepEqual(value.virtualHosts[0]?.routes[0]?.action, expected)
}

const REDIRECTS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-200',
    rule: 'a redirect is carried for HTTP and refused for gRPC',
    input: redirect({}),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.redirect`],
    check: expectAction({ kind: 'redirect', status: 301, stripQuery: false }),
  },
  {
    id: 'RDS-201',
    rule: 'every part of the URL is carried',
    input: redirect({
      schemeRedirect: 'ftp',
      hostRedirect: 'h',
      portRedirect: 81,
      pathRedirect: '/p?q',
      responseCode: 'PERMANENT_REDIRECT',
      stripQuery: true,
    }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.redirect`],
    check: expectAction({
      kind: 'redirect',
      status: 308,
      scheme: 'ftp',
      host: 'h',
      port: 81,
      path: '/p?q',
      stripQuery: true,
    }),
  },
  {
    id: 'RDS-202',
    rule: 'https_redirect is the scheme https',
    input: redirect({ httpsRedirect: true, prefixRewrite: '/new' }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.redirect`],
    check: expectAction({
      kind: 'redirect',
      status: 301,
      scheme: 'https',
      rewrite: { kind: 'prefix', value: '/new' },
      stripQuery: false,
    }),
  },
  {
    id: 'RDS-203',
    rule: 'https_redirect false and an empty path are nothing',
    input: redirect({ httpsRedirect: false, pathRedirect: '' }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.redirect`],
    check: expectAction({ kind: 'redirect', status: 301, stripQuery: false }),
  },
  {
    id: 'RDS-204',
    rule: 'the expression of a redirect is RE2',
    input: redirect({ regexRewrite: { pattern: { regex: '(' }, substitution: 'x' } }),
    outcome: 'malformed',
    fields: [`${ROUTE}.redirect.regex_rewrite.pattern.regex`],
  },
  {
    id: 'RDS-205',
    rule: 'a substitution names groups that the expression has',
    input: redirect({ regexRewrite: { pattern: { regex: '/(a)' }, substitution: '\\2' } }),
    outcome: 'malformed',
    fields: [`${ROUTE}.redirect.regex_rewrite.substitution`],
  },
  {
    id: 'RDS-206',
    rule: 'a status is one of the five, a port one of TCP, a host one line',
    input: redirect({ responseCode: 9, portRedirect: 65536, hostRedirect: 'a\nb' }),
    outcome: 'malformed',
    fields: [`${ROUTE}.redirect.response_code`, `${ROUTE}.redirect.host_redirect`, `${ROUTE}.redirect.port_redirect`],
  },
]

const DIRECT: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-210',
    rule: 'a direct response is carried for HTTP and refused for gRPC',
    input: direct({ status: 418, body: { inlineString: 'short and stout' } }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.direct_response`],
    check: expectAction({ kind: 'direct-response', status: 418, body: 'short and stout' }),
  },
  {
    id: 'RDS-211',
    rule: 'a body may be bytes, or nothing',
    input: direct({ status: 200, body: { inlineBytes: 'AQI=' } }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.direct_response`],
    check: expectAction({ kind: 'direct-response', status: 200, body: new Uint8Array([1, 2]) }),
  },
  {
    id: 'RDS-212',
    rule: 'a body is never read from a file',
    input: direct({ status: 200, body: { filename: '/etc/passwd' } }),
    outcome: 'refused',
    fields: [`${ROUTE}.direct_response`, `${ROUTE}.direct_response.body.filename`],
  },
  {
    id: 'RDS-213',
    rule: 'a body is never read from the environment',
    input: direct({ status: 200, body: { environmentVariable: 'SECRET' } }),
    outcome: 'refused',
    fields: [`${ROUTE}.direct_response`, `${ROUTE}.direct_response.body.environment_variable`],
  },
  {
    id: 'RDS-214',
    rule: 'a status is 200 to 599',
    input: direct({ status: 600 }),
    outcome: 'malformed',
    fields: [`${ROUTE}.direct_response.status`],
  },
  {
    id: 'RDS-215',
    rule: 'a body made by a format is carried',
    input: direct({ status: 200, bodyFormat: { textFormatSource: { inlineString: '%REQ(:path)%' } } }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.direct_response`],
    check: ({ virtualHosts: [host] }) => {
      const { action } = host!.routes[0]!
      assert.equal(action.kind === 'direct-response' && action.format?.contentType, 'text/plain')
    },
  },
  {
    id: 'RDS-413',
    rule: 'a format that cannot be carried out, or comes out of a file, refuses HTTP too',
    input: direct({ status: 200, bodyFormat: { textFormatSource: { filename: '/etc/passwd' } } }),
    outcome: 'refused',
    fields: [`${ROUTE}.direct_response`, `${ROUTE}.direct_response.body_format.text_format_source.filename`],
  },
]

testRules({ type: routeConfigurationType, outcomeOf: routeOutcome, rules: [...REDIRECTS, ...DIRECT] })
