import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { MeshError, SimulatedClock } from '@inmesh/core'
import { Agent, type Dispatcher, MockAgent } from 'undici'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { closedPort, TestUpstream } from './testing/test-upstream.js'

/** Carries nothing; remembers what it was asked for and answers 200. */
function recorder(): { agent: MockAgent; paths: string[] } {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const paths: string[] = []
  const dispatch = agent.dispatch.bind(agent)
  agent.dispatch = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
    paths.push(`${String(options.origin)}${options.path}`)
    return dispatch(options, handler)
  }
  return { agent, paths }
}

test('requests go to the cluster of their route, whatever the host name resolves to', async (context) => {
  const mesh = new ClientFixture(context)
  const books = await TestUpstream.start(context)
  const films = await TestUpstream.start(context)
  const routes = [route({ prefix: '/films', clusters: { films: 1 } }), route({ clusters: { books: 1 } })]
  const clusters = [cluster('films', [endpoint(films.port)]), cluster('books', [endpoint(books.port)])]
  mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  assert.equal((await mesh.request('/books/7')).text, String(books.port))
  assert.equal((await mesh.request('/films/7?full=1')).text, String(films.port))
  assert.equal(films.requests[0]?.url, '/films/7?full=1')
  mesh.assertIdle()
})

test('a weighted route splits requests by its weights', async (context) => {
  const mesh = new ClientFixture(context)
  const [v1, v2] = [await TestUpstream.start(context), await TestUpstream.start(context)]
  const clusters = [cluster('v1', [endpoint(v1.port)]), cluster('v2', [endpoint(v2.port)])]
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { v1: 9, v2: 1 } })], clusters))
  for (let index = 0; index < 300; index++) await mesh.request()
  assert.equal(v1.requests.length + v2.requests.length, 300)
  assert.ok(v2.requests.length > 10 && v2.requests.length < 60, `${v2.requests.length} of 300 went to v2`)
})

test('round robin takes the endpoints in turn and keeps one connection to each', async (context) => {
  const mesh = new ClientFixture(context)
  const upstreams = [await TestUpstream.start(context), await TestUpstream.start(context)]
  const endpoints = upstreams.map(({ port }) => endpoint(port))
  mesh.source.set(
    'reviews:80',
    target('reviews:80', [route({ clusters: { reviews: 1 } })], [cluster('reviews', endpoints)]),
  )
  for (let index = 0; index < 10; index++) await mesh.request()
  for (const upstream of upstreams) {
    assert.equal(upstream.requests.length, 5)
    assert.equal(new Set(upstream.requests.map(({ socket }) => socket.remotePort)).size, 1)
  }
})

test('the host header is the authority of the URL, also when two authorities share an endpoint', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const clusters = [cluster('reviews', [endpoint(upstream.port)])]
  for (const name of ['reviews:80', 'reviews.shop:9080']) {
    mesh.source.set(name, target(name, [route({ clusters: { reviews: 1 } })], clusters))
  }
  await mesh.request()
  await mesh.request('/', { origin: 'http://reviews.shop:9080' })
  await mesh.request('/', { origin: 'http://reviews.shop:9080', headers: { Host: 'other.example' } })
  await mesh.request('/', { origin: new URL('http://REVIEWS:80/') })
  const hosts = upstream.requests.map(({ headers }) => headers.host)
  assert.deepEqual(hosts, ['reviews', 'reviews.shop:9080', 'other.example', 'reviews'])
})

test('a host header of the caller decides the virtual host', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const config = target(
    'reviews:80',
    [route({ clusters: { reviews: 1 } })],
    [cluster('reviews', [endpoint(upstream.port)])],
  )
  const [host] = config.routes.virtualHosts
  mesh.source.set('reviews:80', {
    ...config,
    routes: { ...config.routes, virtualHosts: [{ ...host!, domains: ['canary'] }] },
  })
  assert.equal((await mesh.request()).status, 404)
  assert.equal((await mesh.request('/', { headers: ['HOST', 'Canary'] })).status, 200)
})

test('an endpoint with an IPv6 address is dialled', async (context) => {
  const mesh = new ClientFixture(context)
  const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nv6'))
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
  context.after(() => server.close())
  const { port } = server.address() as { port: number }
  const v6 = endpoint(port, { host: '::1', key: `[::1]:${port}` })
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 } })], [cluster('reviews', [v6])]))
  assert.equal((await mesh.request()).text, 'v6')
})

test('hosts that the mesh never looks at go past it unchanged: IP addresses, localhost', async (context) => {
  const { agent, paths } = recorder()
  const mesh = new ClientFixture(context, undefined, { passThrough: agent })
  const origins = [
    'https://127.0.0.1:1',
    'http://127.0.0.1:1',
    'http://[::1]:1',
    'http://localhost:1',
    'http://a.localhost',
  ]
  for (const origin of origins) {
    agent.get(origin).intercept({ path: '/x' }).reply(200, origin)
    assert.equal((await mesh.request('/x', { origin })).text, origin)
  }
  assert.deepEqual(
    paths,
    origins.map((origin) => `${origin}/x`),
  )
  assert.deepEqual(mesh.source.watched, [])
})

test('https: goes past the mesh where the port is known to carry something else than HTTP, which for http: is no route', async (context) => {
  const { agent, paths } = recorder()
  const mesh = new ClientFixture(context, undefined, { passThrough: agent })
  for (const name of ['reviews:443', 'reviews:80']) {
    const { routes, ...others } = target(name, [], [])
    mesh.source.set(name, { ...others, routes: { ...routes, virtualHosts: [] } })
  }
  agent.get('https://reviews').intercept({ path: '/' }).reply(200, 'direct').times(2)
  for (let call = 0; call < 2; call++) {
    assert.equal((await mesh.request('/', { origin: 'https://reviews' })).text, 'direct')
  }
  assert.equal(paths.length, 2)
  assert.equal((await mesh.request('/')).status, 404)
})

test('a host that the source does not know goes past the mesh, and into it once it is known', async (context) => {
  const { agent, paths } = recorder()
  const mesh = new ClientFixture(context, undefined, { passThrough: agent })
  const upstream = await TestUpstream.start(context)
  agent.get('http://reviews').intercept({ path: '/' }).reply(200, 'direct').times(2)
  mesh.source.set('reviews:80', 'unknown')
  // The first request finds the target pending, the second finds it unknown.
  assert.equal((await mesh.request()).text, 'direct')
  assert.equal((await mesh.request()).text, 'direct')
  assert.equal(paths.length, 2)
  mesh.serve([upstream.port])
  assert.equal((await mesh.request()).text, String(upstream.port))
})

test('a request waits for the first configuration of its target', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const pending = mesh.request()
  assert.deepEqual(mesh.source.watched, ['reviews:80'])
  mesh.serve([upstream.port])
  assert.equal((await pending).status, 200)
})

test('a target without configuration is answered 503 after the discovery timeout', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock, { discoveryTimeoutMs: 200 })
  const pending = mesh.request()
  clock.advance(200)
  assert.equal((await pending).status, 503)
})

test('with local replies as errors it fails with ERR_INMESH_NOT_READY', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock, { localReply: 'throw' })
  const pending = mesh.request()
  clock.advance(5000)
  await assert.rejects(pending, {
    name: 'MeshError',
    code: 'ERR_INMESH_NOT_READY',
    message: /reviews:80 within 5000 ms/,
  })
})

test('a target that failed is answered 503, or fails with the error of its configuration', async (context) => {
  const error = new MeshError('ERR_INMESH_RESOURCE_INVALID', 'route configuration reviews: bad')
  const answering = new ClientFixture(context)
  answering.source.set('reviews:80', error)
  assert.equal((await answering.request()).status, 503)
  const throwing = new ClientFixture(context, undefined, { localReply: 'throw' })
  throwing.source.set('reviews:80', error)
  await assert.rejects(throwing.request(), { code: 'ERR_INMESH_RESOURCE_INVALID', cause: error })
})

test('bad options of a call are refused', async (context) => {
  const mesh = new ClientFixture(context)
  for (const timeoutMs of [0, -1, Number.NaN, '5']) {
    await assert.rejects(mesh.request('/', { mesh: { timeoutMs } }), {
      code: 'ERR_INMESH_OPTIONS',
      message: /timeoutMs/,
    })
  }
  await assert.rejects(mesh.request('/', { mesh: { idempotent: 1 } }), { code: 'ERR_INMESH_OPTIONS' })
  await assert.rejects(mesh.response(undefined, { method: 7 }), { code: 'UND_ERR_INVALID_ARG' })
  assert.throws(() => mesh.dispatcher.dispatch({ path: '/', method: 'GET' }, null as never), {
    code: 'UND_ERR_INVALID_ARG',
  })
})

test('an argument that undici refuses is reported as undici does, and counts against no endpoint', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await assert.rejects(mesh.request('/', { headers: { 'x-bad': 'a\nb' } }), { code: 'UND_ERR_INVALID_ARG' })
  assert.equal(mesh.cluster('reviews').endpoints.get(`127.0.0.1:${upstream.port}`)?.failed, 0)
})

test('closing waits for requests in flight, refuses new ones and closes connections', async (context) => {
  const mesh = new ClientFixture(context)
  let answer: (() => void) | undefined
  const upstream = await TestUpstream.start(context, (_request, response) => {
    answer = () => response.end('late')
  })
  mesh.serve([upstream.port])
  const pending = mesh.request()
  await upstream.received(1)
  const closed = mesh.dispatcher.close()
  await assert.rejects(mesh.request(), { code: 'ERR_INMESH_CLOSED' })
  const connection = new Promise((resolve) => upstream.requests[0]!.socket.once('close', resolve))
  answer!()
  assert.equal((await pending).text, 'late')
  await closed
  await connection
  await new Promise<void>((resolve) => mesh.dispatcher.close(resolve))
})

test('destroying ends requests in every phase with ERR_INMESH_CLOSED', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (request, response) => {
    if (request.url === '/body') response.write('begun')
  })
  mesh.serve([upstream.port])
  const closed = { code: 'ERR_INMESH_CLOSED' }
  const waiting = assert.rejects(mesh.request('/', { origin: 'http://unheard-of' }), closed)
  const unanswered = assert.rejects(mesh.request(), closed)
  const { body } = await mesh.response('/body')
  const answered = assert.rejects(body.text(), closed)
  await upstream.received(2)
  await mesh.dispatcher.destroy()
  await Promise.all([waiting, unanswered, answered])
  mesh.assertIdle()
})

test('a pass-through that is given stays open', async (context) => {
  const agent = new Agent()
  context.after(() => agent.close())
  const mesh = new ClientFixture(context, undefined, { passThrough: agent })
  await mesh.dispatcher.close()
  assert.equal(agent.closed, false)
})

test('a request to a host outside the mesh ends by the limit of its call', async (context) => {
  const clock = new SimulatedClock()
  const upstream = await TestUpstream.start(context, () => {})
  const mesh = new ClientFixture(context, clock)
  const pending = mesh.request('/', { origin: `http://127.0.0.1:${upstream.port}`, mesh: { timeoutMs: 50 } })
  await upstream.received(1)
  clock.advance(50)
  assert.equal((await pending).status, 504)
})

test('an error of a host outside the mesh is reported as it is', async (context) => {
  const mesh = new ClientFixture(context)
  const origin = `http://127.0.0.1:${await closedPort()}`
  await assert.rejects(mesh.request('/', { origin }), { code: 'ECONNREFUSED' })
  await assert.rejects(mesh.request('/', { origin, mesh: { timeoutMs: 5000 } }), { code: 'ECONNREFUSED' })
})
