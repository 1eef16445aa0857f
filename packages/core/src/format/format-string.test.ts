import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import { filterContext } from '../testing/exchange-fixtures.js'
import { endpoint, request } from '../testing/fixtures.js'
import { FormatString } from './format-string.js'

const CONTEXT = filterContext({
  request: {
    ...request({ path: '/a?b', authority: 'reviews:9080', headers: { 'x-user': 'alice', long: '0123456789' } }),
    clientAddress: '10.1.2.3',
    clientIdentity: 'spiffe://mesh/ns/shop/sa/front',
  },
  response: {
    status: 404,
    headers: {
      get: (name) => (name === 'server' ? 'nginx' : undefined),
      add() {},
      set() {},
      remove() {},
      removeMatching() {},
    },
  },
  endpoint: new Endpoint(endpoint(81)),
  clusterName: 'outbound|80||reviews',
  routeName: 'canary',
  responseFlags: 'UT',
  startTimeMs: Date.UTC(2026, 10, 21, 9, 5, 3, 45),
})

function write(text: string, context = CONTEXT): string {
  const format = FormatString.parse(text)
  assert.ok(format instanceof FormatString, JSON.stringify(format))
  return format.write(context)
}

const rows: [text: string, written: string][] = [
  ['', ''],
  ['plain', 'plain'],
  ['100%%', '100%'],
  ['<%REQ(X-User)%>', '<alice>'],
  ['%REQ(none?x-user)%', 'alice'],
  ['%REQ(x-user?none)%', 'alice'],
  ['%REQ(none)%', ''],
  ['%REQ(long):4%', '0123'],
  [
    '%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %REQ(Host)% %REQ(:SCHEME)%',
    'GET /a?b reviews:9080 reviews:9080 http',
  ],
  ['%RESP(Server)%', 'nginx'],
  ['%RESP(none?server):2%', 'ng'],
  ['%RESP(:STATUS)%', '404'],
  ['%DOWNSTREAM_REMOTE_ADDRESS%', '10.1.2.3:0'],
  ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '10.1.2.3'],
  ['%DOWNSTREAM_PEER_URI_SAN%', 'spiffe://mesh/ns/shop/sa/front'],
  ['%UPSTREAM_HOST%', '10.0.0.1:81'],
  ['%UPSTREAM_CLUSTER%', 'outbound|80||reviews'],
  ['%RESPONSE_CODE%', '404'],
  ['%RESPONSE_FLAGS%', 'UT'],
  ['%ROUTE_NAME%', 'canary'],
  ['%PROTOCOL%', 'HTTP/1.1'],
  ['%START_TIME%', '2026-11-21T09:05:03.045Z'],
  ['%START_TIME(%s)%', '1795251903'],
  ['%START_TIME(%s.%3f)%', '1795251903.045'],
  ['%START_TIME(%f|%6f|%1f)%', '045000000|045000|0'],
  ['%START_TIME(%Y/%m/%dT%H:%M:%S%z)%', '2026/11/21T09:05:03+0000'],
  [
    '%START_TIME(%a %A %b %B %e %j %y %I %p %F %T %R %D %%)%',
    'Sat Saturday Nov November 21 325 26 09 AM 2026-11-21 09:05:03 09:05 11/21/26 %',
  ],
  ['%START_TIME(%E1S %E*S %Ez %Z)%', '03.0 03.045 +00:00 UTC'],
]
for (const [text, written] of rows) {
  test(`${JSON.stringify(text)} is written as ${JSON.stringify(written)}`, () => {
    assert.equal(write(text), written)
  })
}

test('commands stand for nothing while there is nothing', () => {
  const text =
    '%DOWNSTREAM_REMOTE_ADDRESS%%DOWNSTREAM_PEER_URI_SAN%%UPSTREAM_HOST%%UPSTREAM_CLUSTER%%RESP(a)%%ROUTE_NAME%'
  assert.equal(write(text, filterContext()), '')
  assert.equal(write('%RESPONSE_CODE% %RESPONSE_FLAGS%', filterContext()), '0 -')
})

test('an IPv6 address has brackets where a port follows', () => {
  const context = filterContext({ request: { ...request(), clientAddress: '::1' } })
  assert.equal(write('%DOWNSTREAM_REMOTE_ADDRESS%', context), '[::1]:0')
})

const wrong: [text: string, kind: 'malformed' | 'unsupported'][] = [
  ['50%', 'malformed'],
  ['%REQ%', 'malformed'],
  ['%REQ()%', 'malformed'],
  ['%REQ(a?b?c)%', 'malformed'],
  ['%REQ(a b)%', 'malformed'],
  ['%req(a)%', 'malformed'],
  ['%NO_SUCH_COMMAND%', 'malformed'],
  ['%PROTOCOL(x)%', 'malformed'],
  ['%UPSTREAM_HOST:3%', 'malformed'],
  ['%START_TIME(%s\n)%', 'malformed'],
  ['%START_TIME(%Q)%', 'unsupported'],
  ['%ENVIRONMENT(HOME)%', 'unsupported'],
  ['%DYNAMIC_METADATA(a:b)%', 'unsupported'],
  ['%TRACE_ID%', 'unsupported'],
]
for (const [text, kind] of wrong) {
  test(`${JSON.stringify(text)} is ${kind}`, () => {
    const parsed = FormatString.parse(text)
    assert.ok(!(parsed instanceof FormatString))
    assert.equal(parsed.kind, kind)
  })
}
