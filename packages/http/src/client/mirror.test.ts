import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import {
  type CircuitBreakerThresholds,
  FormatString,
  type MirrorPolicy,
  type Route,
  SimulatedClock,
} from '@inmesh/core'
import type { Dispatcher } from 'undici'
import { createFetch } from './mesh-fetch.js'
import { MAX_BODY_BYTES } from './mirror-limits.js'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, retryPolicy, route, target } from './testing/configs.js'
import { bodyOf, closedPort, TestUpstream } from './testing/test-upstream.js'

interface Parts {
  readonly policy?: Partial<MirrorPolicy>
  readonly route?: Partial<Route>
  readonly thresholds?: CircuitBreakerThresholds
  readonly primary?: readonly number[]
}

class Mirrored {
  readonly mesh: ClientFixture
  readonly main: TestUpstream
  readonly shadow: TestUpstream
  /** Bodies that arrived at the mirror. */
  readonly bodies: readonly Promise<string>[]

  private constructor(
    mesh: ClientFixture,
    main: TestUpstream,
    shadow: TestUpstream,
    bodies: readonly Promise<string>[],
  ) {
    this.mesh = mesh
    this.main = main
    this.shadow = shadow
    this.bodies = bodies
  }

  static async start(context: TestContext, parts: Parts = {}, listener?: RequestListener): Promise<Mirrored> {
    const mesh = new ClientFixture(context)
    const answer: RequestListener = (request, response) => {
      request.resume()
      response.end('main')
    }
    const bodies: Promise<string>[] = []
    const collect: RequestListener = (request, response) => {
      const body = bodyOf(request)
      bodies.push(body)
      void body.then(() => response.end())
    }
    const main = await TestUpstream.start(context, answer)
    const started = new Mirrored(mesh, main, await TestUpstream.start(context, listener ?? collect), bodies)
    started.configure(parts)
    return started
  }

  configure({ policy, route: changes, thresholds, primary }: Parts): void {
    const plain = route({ clusters: { main: 1 } })
    assert.ok(plain.action.kind === 'forward')
    const mirrors: MirrorPolicy[] = [{ cluster: 'shadow', changes: [], ...policy }]
    const mirrored: Route = { ...plain, action: { ...plain.action, mirrors }, ...changes }
    const endpoints = (primary ?? [this.main.port]).map((port) => endpoint(port))
    const clusters = [
      cluster('main', endpoints),
      cluster('shadow', [endpoint(this.shadow.port)], thresholds === undefined ? {} : { thresholds }),
    ]
    this.mesh.source.set('reviews:80', target('reviews:80', [mirrored], clusters))
  }
}

test('a copy of a request goes to the mirror, its host marked, and the answer to the caller is the upstream one', async (context) => {
  const { mesh, main, shadow, bodies } = await Mirrored.start(context)
  const { text } = await mesh.request('/a?b', { method: 'POST', body: 'x', headers: { 'x-a': '1' } })
  assert.equal(text, 'main')
  await shadow.received(1)
  const { method, url, headers } = shadow.requests[0]!
  assert.deepEqual(
    [method, url, headers.host, headers['x-a'], await bodies[0]],
    ['POST', '/a?b', 'reviews-shadow', '1', 'x'],
  )
  assert.equal(main.requests[0]?.headers.host, 'reviews')
  assert.deepEqual([mesh.dispatcher.mirrors.sent, mesh.dispatcher.mirrors.dropped], [1, 0])
})

test('the host of a copy stays, or is another, where the policy says so', async (context) => {
  const mirrored = await Mirrored.start(context, { policy: { keepsHost: true } })
  await mirrored.mesh.request('/', { headers: { host: 'own.test:81' } })
  mirrored.configure({ policy: { host: 'shadow.test' } })
  await mirrored.mesh.request()
  mirrored.configure({})
  await mirrored.mesh.request('/', { headers: { host: 'own.test:81' } })
  await mirrored.shadow.received(3)
  const hosts = mirrored.shadow.requests.map(({ headers }) => headers.host)
  assert.deepEqual(hosts.sort(), ['own.test-shadow:81', 'own.test:81', 'shadow.test'])
})

test('a copy has what the route changed, and the changes of its own', async (context) => {
  const value = FormatString.parse('route') as FormatString
  const addition = { name: 'x-by', value, action: 'append', keepEmpty: false } as const
  const { mesh, main, shadow } = await Mirrored.start(context, {
    policy: { changes: [{ kind: 'remove', name: 'x-secret' }] },
    route: { requestHeaders: { add: [addition], remove: [] } },
  })
  await mesh.request('/', { headers: { 'x-secret': '1', 'x-envoy-max-retries': '2' } })
  await shadow.received(1)
  const { headers } = shadow.requests[0]!
  assert.deepEqual(
    [headers['x-by'], headers['x-secret'], headers['x-envoy-max-retries']],
    ['route', undefined, undefined],
  )
  assert.equal(main.requests[0]?.headers['x-secret'], '1')
})

test('a share of the requests is mirrored', async (context) => {
  const { mesh, shadow } = await Mirrored.start(context, { policy: { fraction: { perMillion: 0 } } })
  await mesh.request()
  assert.deepEqual([mesh.dispatcher.mirrors.sent, shadow.requests.length], [0, 0])
})

test('a request is mirrored once, however often it is tried', async (context) => {
  let attempts = 0
  const mirrored = await Mirrored.start(context)
  mirrored.main.server.removeAllListeners('request')
  mirrored.main.server.on('request', (_, response) => response.writeHead(++attempts === 1 ? 503 : 200).end())
  const retried = route({ clusters: { main: 1 }, retries: retryPolicy({ serverError: true }) })
  assert.ok(retried.action.kind === 'forward')
  const mirrors = [{ cluster: 'shadow', changes: [] }]
  mirrored.configure({ route: { action: { ...retried.action, mirrors } } })
  assert.equal((await mirrored.mesh.request()).status, 200)
  await mirrored.shadow.received(1)
  assert.deepEqual([attempts, mirrored.mesh.dispatcher.mirrors.sent], [2, 1])
})

test('bodies that can be read only once are mirrored once they were sent', async (context) => {
  const { mesh, shadow, bodies } = await Mirrored.start(context)
  await mesh.request('/', { method: 'POST', body: Readable.from(['one', 'two']) })
  const fetch = createFetch(mesh.dispatcher)
  const response = await fetch('http://reviews/', { method: 'POST', body: new Uint8Array([65, 66]) })
  await response.text()
  await shadow.received(2)
  assert.deepEqual(await Promise.all(bodies), ['onetwo', 'AB'])
})

test('requests with a large body are not mirrored, whatever kind of body', async (context) => {
  const { mesh } = await Mirrored.start(context)
  const chunk = Buffer.alloc(MAX_BODY_BYTES / 2 + 1)
  const large = Buffer.concat([chunk, chunk])
  assert.equal((await mesh.request('/', { method: 'POST', body: large })).text, 'main')
  assert.equal((await mesh.request('/', { method: 'POST', body: Readable.from([chunk, chunk]) })).text, 'main')
  assert.deepEqual([mesh.dispatcher.mirrors.sent, mesh.dispatcher.mirrors.dropped], [0, 2])
})

test('a mirror that fails, is full, does not exist or does not answer is not noticed by the caller', async (context) => {
  const mirrored = await Mirrored.start(context, {}, () => {})
  const { mesh } = mirrored
  assert.equal((await mesh.request()).text, 'main')
  await mirrored.shadow.received(1)
  assert.equal(mesh.dispatcher.mirrors.active, 1)
  mirrored.configure({ thresholds: { maxRequests: 1, maxRetries: 3 } })
  assert.equal((await mesh.request()).text, 'main')
  const config = target('reviews:80', [], [])
  assert.equal(config.clusters.size, 0)
  mirrored.configure({ policy: { cluster: 'nobody' } })
  assert.equal((await mesh.request()).text, 'main')
  assert.equal(mirrored.shadow.requests.length, 1)
})

test('a copy is given up when the mesh closes, which does not wait for it', async (context) => {
  const { mesh, shadow } = await Mirrored.start(context, {}, () => {})
  await mesh.request()
  await shadow.received(1)
  await mesh.dispatcher.close()
  assert.equal(mesh.dispatcher.mirrors.active, 0)
})

test('a copy has the time limit of its route', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const main = await TestUpstream.start(context)
  const shadow = await TestUpstream.start(context, () => {})
  const limited = route({ clusters: { main: 1 }, timeoutMs: 100 })
  assert.ok(limited.action.kind === 'forward')
  const action = { ...limited.action, mirrors: [{ cluster: 'shadow', changes: [] }] }
  const clusters = [cluster('main', [endpoint(main.port)]), cluster('shadow', [endpoint(shadow.port)])]
  mesh.source.set('reviews:80', target('reviews:80', [{ ...limited, action }], clusters))
  await mesh.request()
  await shadow.received(1)
  assert.equal(mesh.dispatcher.mirrors.active, 1)
  clock.advance(100)
  clock.advance(1)
  assert.equal(mesh.dispatcher.mirrors.active, 0)
})

test('an upstream that cannot be reached does not keep the mirror from its copy', async (context) => {
  const mirrored = await Mirrored.start(context)
  mirrored.configure({ primary: [await closedPort()] })
  assert.equal((await mirrored.mesh.request()).status, 503)
  await mirrored.shadow.received(1)
})

test('an upgrade is not copied, as nobody would end the copy', async (context) => {
  const { mesh, main, shadow } = await Mirrored.start(context)
  main.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  })
  const options = { origin: 'http://reviews', path: '/', protocol: 'echo' } as Dispatcher.UpgradeOptions
  const { socket } = await mesh.dispatcher.upgrade(options)
  socket.destroy()
  await mesh.request()
  await shadow.received(1)
  assert.equal(mesh.dispatcher.mirrors.sent, 1)
})
