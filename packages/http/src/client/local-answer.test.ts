import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultConfig, RouteAction } from '@inmesh/core'
import { createFetch } from './mesh-fetch.js'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const TEAPOT: RouteAction = { kind: 'direct-response', status: 418, body: 'short and stout' }
const ABORT: FaultConfig = { kind: 'fault', abort: { fraction: { perMillion: 1_000_000 }, httpStatus: 503 } }

test('a direct response is given without an upstream', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { action: TEAPOT })
  const { statusCode, headers, body } = await mesh.response('/', { method: 'POST', body: 'tea' })
  assert.deepEqual([statusCode, headers], [418, { 'content-length': '15', 'content-type': 'text/plain' }])
  assert.equal(await body.text(), 'short and stout')
})

test('a direct response of bytes is those bytes', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { action: { ...TEAPOT, body: new Uint8Array([0, 255]) } })
  const { body } = await mesh.response()
  assert.deepEqual(new Uint8Array(await body.arrayBuffer()), new Uint8Array([0, 255]))
})

test('a status without content has no body', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { action: { kind: 'direct-response', status: 204, body: 'lost' } })
  const { statusCode, headers, body } = await mesh.response()
  assert.deepEqual([statusCode, headers, await body.text()], [204, {}, ''])
})

test('answers that the configuration asks for are no errors, whatever becomes of other local replies', async (context) => {
  const mesh = new ClientFixture(context, undefined, { localReply: 'throw' })
  mesh.serve([], { action: TEAPOT })
  assert.equal((await mesh.request()).status, 418)
})

test('filters come before the answer of a route', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { action: TEAPOT, filters: [{ name: 'fault', config: ABORT, disabled: false }] })
  assert.equal((await mesh.request()).status, 503)
})

test('fetch follows a redirect of the mesh as one of any server', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const redirect: RouteAction = { kind: 'redirect', status: 302, path: '/new', stripQuery: true }
  const routes = [route({ prefix: '/old', clusters: {}, action: redirect }), route({ clusters: { reviews: 1 } })]
  const clusters = [cluster('reviews', [endpoint(upstream.port)])]
  mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  const fetch = createFetch(mesh.dispatcher)
  const response = await fetch('http://reviews/old?q=1')
  assert.deepEqual([response.status, response.redirected, response.url], [200, true, 'http://reviews/new'])
  assert.equal(await response.text(), String(upstream.port))
  assert.equal(upstream.requests[0]?.url, '/new')
  const manual = await fetch('http://reviews/old', { redirect: 'manual' })
  assert.deepEqual([manual.status, manual.headers.get('location')], [302, 'http://reviews/new'])
})

test('a gRPC request over HTTP gets its own status for a direct response', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { action: { kind: 'direct-response', status: 403, body: 'no' } })
  const { statusCode, headers, body } = await mesh.response('/', { headers: { 'content-type': 'application/grpc' } })
  assert.deepEqual([statusCode, headers['grpc-status'], headers['grpc-message']], [200, '7', 'no'])
  await body.dump()
})
