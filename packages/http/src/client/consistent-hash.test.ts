import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HashPolicy, LoadBalancingPolicy, RouteAction } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, retryPolicy, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const RING: LoadBalancingPolicy = {
  kind: 'ring-hash',
  minimumRingSize: 1024,
  maximumRingSize: 4096,
  hashFunction: 'xx-hash',
  useHostname: false,
}
const COOKIE: HashPolicy = { kind: 'cookie', name: 'user', ttlSeconds: 60, path: '/', attributes: [], terminal: false }
const HEADER: HashPolicy = { kind: 'header', name: 'x-user', terminal: false }

interface Served {
  readonly mesh: ClientFixture
  readonly upstreams: readonly TestUpstream[]
}

async function serve(context: TestContext, hashPolicies: readonly HashPolicy[]): Promise<Served> {
  const mesh = new ClientFixture(context)
  const upstreams = await Promise.all(Array.from({ length: 5 }, () => TestUpstream.start(context)))
  const clusters = [
    cluster(
      'reviews',
      upstreams.map(({ port }) => endpoint(port)),
      { loadBalancing: RING },
    ),
  ]
  const plain = route({ clusters: { reviews: 1 }, retries: retryPolicy({ serverError: true }) })
  const action = { ...plain.action, hashPolicies } as RouteAction
  mesh.source.set('reviews:80', target('reviews:80', [{ ...plain, action }], clusters))
  return { mesh, upstreams }
}

test('requests with one header value go to one endpoint, and others spread', async (context) => {
  const { mesh } = await serve(context, [HEADER])
  const ask = async (user: string): Promise<string> => (await mesh.request('/', { headers: { 'x-user': user } })).text
  const ann = await ask('ann')
  for (let again = 0; again < 5; again++) assert.equal(await ask('ann'), ann)
  const users = await Promise.all(Array.from({ length: 30 }, (_, user) => ask(`user-${user}`)))
  assert.ok(new Set(users).size > 2)
})

test('a caller without its cookie is given one, and comes back to the same endpoint with it', async (context) => {
  const { mesh } = await serve(context, [COOKIE])
  const first = await mesh.response()
  const port = await first.body.text()
  const given = first.headers['set-cookie']
  assert.match(String(given), /^user="[0-9a-f]{16}"; Max-Age=60; Path=\/; HttpOnly$/)
  const cookie = String(given).split(';')[0]!
  for (let again = 0; again < 5; again++) {
    const response = await mesh.response('/', { headers: { cookie } })
    assert.equal(await response.body.text(), port)
    assert.equal(response.headers['set-cookie'], undefined)
  }
  const others = await Promise.all(Array.from({ length: 30 }, async () => (await mesh.request()).text))
  assert.ok(new Set(others).size > 2, 'callers without a cookie spread')
})

test('a cookie of the upstream stays beside the one that is made up', async (context) => {
  const { mesh, upstreams } = await serve(context, [COOKIE])
  for (const { server } of upstreams) {
    server.prependListener('request', (_, response) => response.setHeader('set-cookie', 'theirs=1'))
  }
  const { headers, body } = await mesh.response()
  await body.dump()
  assert.deepEqual(
    [headers['set-cookie']].flat().map((cookie) => String(cookie).split('=')[0]),
    ['theirs', 'user'],
  )
})

test('a retry goes on to another endpoint of the ring', async (context) => {
  const { mesh, upstreams } = await serve(context, [HEADER])
  const headers = { 'x-user': 'ann' }
  const port = (await mesh.request('/', { headers })).text
  const failing = upstreams.find((upstream) => String(upstream.port) === port)!
  failing.server.removeAllListeners('request')
  failing.server.on('request', (request, response) => {
    request.resume()
    response.writeHead(503).end()
  })
  const { status, text } = await mesh.request('/', { headers })
  assert.equal(status, 200)
  assert.notEqual(text, port)
})
