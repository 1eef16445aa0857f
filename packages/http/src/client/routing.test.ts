import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { NetworkSet, RequestContext, type Route, UriTemplate } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

/** A mesh that sends requests of which `match` holds to one upstream, and all others to another. */
async function fork(context: TestContext, match: Partial<Route['match']>) {
  const mesh = new ClientFixture(context)
  const [canary, rest] = [await TestUpstream.start(context), await TestUpstream.start(context)]
  const routes = [route({ match, clusters: { canary: 1 } }), route({ clusters: { rest: 1 } })]
  const clusters = [cluster('canary', [endpoint(canary.port)]), cluster('rest', [endpoint(rest.port)])]
  mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  const isCanary = async (path: string, headers: object = {}): Promise<boolean> =>
    (await mesh.request(path, { headers })).text === String(canary.port)
  return { mesh, isCanary }
}

test('requests are routed by query parameter', async (context) => {
  const value = { kind: 'exact', value: '2', ignoreCase: false } as const
  const { isCanary } = await fork(context, { queryParameters: [{ name: 'v', value }] })
  assert.equal(await isCanary('/a?v=2'), true)
  assert.equal(await isCanary('/a?v=1&v=2'), false)
  assert.equal(await isCanary('/a'), false)
})

test('requests are routed by cookie', async (context) => {
  const value = { kind: 'exact', value: 'beta', ignoreCase: false } as const
  const { isCanary } = await fork(context, { cookies: [{ name: 'group', value, invert: false }] })
  assert.equal(await isCanary('/', { cookie: 'sid=1; group=beta' }), true)
  assert.equal(await isCanary('/', { cookie: 'group=alpha' }), false)
  assert.equal(await isCanary('/'), false)
})

test('requests are routed by URI template', async (context) => {
  const { isCanary } = await fork(context, {
    path: { kind: 'template', template: new UriTemplate('/users/{id}/cart') },
  })
  assert.equal(await isCanary('/users/7/cart?full'), true)
  assert.equal(await isCanary('/users/7/orders'), false)
})

test('requests are routed by the network of the client that they are made for', async (context) => {
  const { mesh, isCanary } = await fork(context, { clientNetworks: [new NetworkSet(['198.51.100.0/24'])] })
  const from = (client: string): Promise<boolean> =>
    mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY, { clientAddress: client }), () => isCanary('/'))
  assert.equal(await from('198.51.100.7'), true)
  assert.equal(await from('192.0.2.1'), false)
  assert.equal(await from(''), false)
  assert.equal(await isCanary('/', { 'x-forwarded-for': '198.51.100.7' }), false)
})
