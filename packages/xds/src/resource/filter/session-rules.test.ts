import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ListenerResource } from '../listener/listener-resource.js'
import { listenerType } from '../listener/listener-type.js'

const TYPES = 'type.googleapis.com/envoy.extensions'
const FILTERS = 'api_listener.api_listener.http_filters[0].typed_config'
const STATE = `${FILTERS}.session_state.typed_config`

function session(config: object): object {
  return {
    name: 'l',
    apiListener: {
      apiListener: {
        '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        rds: { configSource: { ads: {} }, routeConfigName: 'r' },
        httpFilters: [
          {
            name: 'session',
            typedConfig: { '@type': `${TYPES}.filters.http.stateful_session.v3.StatefulSession`, ...config },
          },
          { name: 'router', typedConfig: { '@type': `${TYPES}.filters.http.router.v3.Router` } },
        ],
      },
    },
  }
}

function kept(as: string, config: object, more: object = {}): object {
  const typedConfig = { '@type': `${TYPES}.http.stateful_session.${as}`, ...config }
  return session({ sessionState: { name: 'state', typedConfig }, ...more })
}

function expectFilter(expected: object): (value: ListenerResource) => void {
  return ({ listener }) => assert.deepEqual(listener.filters[0]?.config, { kind: 'stateful-session', ...expected })
}

function struct(typeUrl: string, value: object): object {
  const typedConfig = { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', typeUrl, value }
  return session({ sessionState: { name: 'state', typedConfig } })
}

const RULES: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-310',
    rule: 'a session may be described in a TypedStruct',
    input: struct(`${TYPES}.http.stateful_session.cookie.v3.CookieBasedSessionState`, { cookie: { name: 's' } }),
    outcome: 'carried',
    check: expectFilter({ strict: false, state: { kind: 'cookie', name: 's', path: '', ttlMs: 0, attributes: [] } }),
  },
  {
    id: 'LDS-311',
    rule: 'a session that is kept in a way nobody knows is listed',
    input: struct('a/example.Session', {}),
    outcome: 'listed',
    fields: [STATE],
  },
  {
    id: 'LDS-301',
    rule: 'a session kept in a cookie is carried in full',
    input: kept(
      'cookie.v3.CookieBasedSessionState',
      {
        cookie: {
          name: 's',
          path: '/shop',
          ttl: '60s',
          attributes: [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }],
        },
      },
      { strict: true, statPrefix: 'p' },
    ),
    outcome: 'carried',
    check: expectFilter({
      strict: true,
      state: { kind: 'cookie', name: 's', path: '/shop', ttlMs: 60_000, attributes: ['SameSite=Lax', 'Secure'] },
    }),
  },
  {
    id: 'LDS-302',
    rule: 'a session kept in a header is carried for HTTP, and gRPC refuses it',
    input: kept('header.v3.HeaderBasedSessionState', { name: 'X-Session' }),
    outcome: 'gRPC refused',
    fields: [STATE],
    check: expectFilter({ strict: false, state: { kind: 'header', name: 'x-session' } }),
  },
  {
    id: 'LDS-303',
    rule: 'without a state no request is pinned',
    input: session({}),
    outcome: 'carried',
    check: expectFilter({ strict: false }),
  },
  {
    id: 'LDS-304',
    rule: 'the cookie has a name',
    input: kept('cookie.v3.CookieBasedSessionState', { cookie: { path: '/' } }),
    outcome: 'malformed',
    fields: [`${STATE}.cookie.name`],
  },
  {
    id: 'LDS-305',
    rule: 'the cookie is required',
    input: kept('cookie.v3.CookieBasedSessionState', {}),
    outcome: 'malformed',
    fields: [`${STATE}.cookie.name`],
  },
  {
    id: 'LDS-306',
    rule: 'its time must not be negative',
    input: kept('cookie.v3.CookieBasedSessionState', { cookie: { name: 's', ttl: '-1s' } }),
    outcome: 'malformed',
    fields: [`${STATE}.cookie.ttl`],
  },
  {
    id: 'LDS-307',
    rule: 'the header has a name',
    input: kept('header.v3.HeaderBasedSessionState', {}),
    outcome: 'malformed',
    fields: [`${STATE}.name`],
  },
]

testRules({
  type: listenerType,
  outcomeOf: ({ refused }, listed) => refusedViews(refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: RULES,
})
