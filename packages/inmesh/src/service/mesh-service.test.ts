import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { Request, type Response } from 'undici'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'
import type { ServiceRoute } from './service-route.js'

const BREAKER = { volumeThreshold: 2, resetTimeout: 1000 }

/** Answers with a status that tests change, and counts. */
class Upstream {
  status = 200
  requests = 0
  server!: Server

  static async start(context: TestContext, listener?: RequestListener): Promise<Upstream> {
    const upstream = new Upstream()
    upstream.server = createServer((request, response) => {
      upstream.requests++
      if (listener !== undefined) listener(request, response)
      else response.writeHead(upstream.status).end(request.url)
    }).listen(0, '127.0.0.1')
    await once(upstream.server, 'listening')
    context.after(() => {
      upstream.server.closeAllConnections()
      upstream.server.close()
    })
    return upstream
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }
}

async function meshOf(context: TestContext, upstream: Upstream, options: MeshOptions = {}): Promise<Mesh> {
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [upstream.port]) })
  const mesh = await openMesh({ namespace: 'shop', logLevel: 'silent', config, ...options }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return mesh
}

/** A mesh whose time stands still, with a service that answers 500. */
async function failing(context: TestContext, options: MeshOptions = {}) {
  const clock = new SimulatedClock()
  const upstream = await Upstream.start(context)
  upstream.status = 500
  return { clock, upstream, mesh: await meshOf(context, upstream, { clock, ...options }) }
}

async function statusOf(service: ServiceRoute, path = '/'): Promise<number> {
  const response = await service.fetch(path)
  await response.text()
  return response.status
}

async function open(service: ServiceRoute): Promise<void> {
  while (service.breaker!.state !== 'open') assert.equal(await statusOf(service), 500)
}

describe('calls of a service', () => {
  test('take paths, URLs and requests of it', async (context) => {
    const mesh = await meshOf(context, await Upstream.start(context))
    const reviews = mesh.service('reviews')
    for (const input of [
      '/a?b',
      'a?b',
      'http://reviews/a?b',
      new URL('http://reviews/a?b'),
      new Request('http://reviews/a?b'),
    ]) {
      assert.equal(await (await reviews.fetch(input)).text(), '/a?b')
    }
    const { fetch } = reviews
    assert.equal(await (await fetch('/a?b')).text(), '/a?b')
    assert.equal(reviews.breaker, undefined)
  })

  test('do not leave it', async (context) => {
    const upstream = await Upstream.start(context)
    const mesh = await meshOf(context, upstream)
    await assert.rejects(mesh.service('reviews').fetch(`http://127.0.0.1:${upstream.port}/`), (error: Error) => {
      assert.ok(error instanceof TypeError)
      assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_OPTIONS')
      return true
    })
    assert.equal(upstream.requests, 0)
  })

  test('have the time limit of the service unless they have their own, and the upstream sees them go', async (context) => {
    const gone = new EventEmitter()
    const upstream = await Upstream.start(context, (request) => {
      request.socket.once('close', () => gone.emit('gone'))
    })
    const mesh = await meshOf(context, upstream)
    const reviews = mesh.service('reviews', { timeoutMs: 5 })
    const left = once(gone, 'gone')
    // On a busy machine the time may be over before the request has arrived.
    while (upstream.requests === 0) assert.equal(await statusOf(reviews), 504)
    await left
    const patient = reviews.fetch('/', { mesh: { timeoutMs: 60_000 } })
    const outcome = Promise.race([
      patient.then(() => 'answered'),
      once(upstream.server, 'request').then(() => 'under way'),
    ])
    assert.equal(await outcome, 'under way')
    patient.catch(() => {})
  })

  test('are cancelled with their body when the time limit passes', async (context) => {
    const gone = new EventEmitter()
    const upstream = await Upstream.start(context, (request, response) => {
      request.socket.once('close', () => gone.emit('gone'))
      response.write('begun')
    })
    const mesh = await meshOf(context, upstream)
    const left = once(gone, 'gone')
    const reviews = mesh.service('reviews', { timeoutMs: 100 })
    let response = await reviews.fetch('/')
    // As above.
    while (response.status !== 200) response = await reviews.fetch('/')
    await assert.rejects(response.text(), (error: Error) => {
      assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_TIMEOUT')
      return true
    })
    await left
  })
})

describe('a service is named once', () => {
  test('and is the same wherever it is asked for, by any way to write it', async (context) => {
    const mesh = await meshOf(context, await Upstream.start(context))
    const reviews = mesh.service('reviews', { timeoutMs: 5, breaker: BREAKER })
    assert.equal(mesh.service('reviews'), reviews)
    assert.equal(mesh.service('Reviews:80'), reviews)
    assert.equal(mesh.service('reviews', { timeoutMs: 5, breaker: { ...BREAKER } }), reviews)
    assert.notEqual(mesh.service('reviews:9080'), reviews)
    const search = reviews.route('search', { timeoutMs: 1 })
    assert.equal(reviews.route('search'), search)
    assert.deepEqual(reviews.routes, [search])
    assert.deepEqual(
      mesh.services().map(({ name }) => name),
      ['reviews', 'reviews:9080'],
    )
  })

  test('and other options for it are refused by name', async (context) => {
    const mesh = await meshOf(context, await Upstream.start(context))
    mesh.service('reviews', { breaker: BREAKER })
    assert.throws(() => mesh.service('reviews', { breaker: { ...BREAKER, resetTimeout: 2 } }), {
      code: 'ERR_INMESH_OPTIONS',
      message: /^service reviews is there with another option breaker\.resetTimeout\./,
    })
    mesh.service('reviews').route('search')
    assert.throws(() => mesh.service('reviews').route('search', { timeoutMs: 1 }), {
      code: 'ERR_INMESH_OPTIONS',
      message: /^route search of service reviews is there with another option timeoutMs\./,
    })
  })

  test('in each mesh on its own', async (context) => {
    const { mesh, upstream } = await failing(context)
    const other = await meshOf(context, upstream)
    const reviews = mesh.service('reviews', { breaker: BREAKER })
    const others = other.service('reviews', { breaker: { ...BREAKER, resetTimeout: 5 } })
    await open(reviews)
    assert.equal(others.breaker?.state, 'closed')
    assert.equal(await statusOf(others), 500)
  })
})

describe('a breaker', () => {
  test('opens when its upstream fails, answers without it, and closes once it is well', async (context) => {
    const { mesh, clock, upstream } = await failing(context)
    const reviews = mesh.service('reviews', { breaker: BREAKER })
    const breaker = reviews.breaker!
    const events: string[] = []
    for (const name of ['open', 'half-open', 'close', 'reject'] as const) breaker.on(name, () => events.push(name))
    await open(reviews)
    assert.equal(upstream.requests, 2)
    const rejected = await reviews.fetch('/')
    assert.equal(rejected.status, 503)
    assert.equal(rejected.headers.get('x-envoy-overloaded'), 'true')
    assert.equal(await rejected.text(), 'circuit breaker open')
    assert.equal(upstream.requests, 2)

    upstream.status = 200
    clock.advance(BREAKER.resetTimeout)
    assert.equal(breaker.state, 'half-open')
    const [probe, beside] = await Promise.all([statusOf(reviews), statusOf(reviews)])
    assert.deepEqual([probe, beside], [200, 503])
    assert.equal(breaker.state, 'closed')
    assert.equal(await statusOf(reviews), 200)
    assert.deepEqual(events, ['open', 'reject', 'half-open', 'reject', 'close'])
    assert.deepEqual(breaker.statistics, {
      calls: 4,
      successes: 2,
      failures: 2,
      uncounted: 0,
      rejected: 2,
      fallbacks: 0,
      opened: 1,
    })
  })

  test('opens when nobody can be connected to', async (context) => {
    const upstream = await Upstream.start(context)
    const mesh = await meshOf(context, upstream)
    upstream.server.close()
    await once(upstream.server, 'close')
    const reviews = mesh.service('reviews', { breaker: BREAKER })
    assert.deepEqual([await statusOf(reviews), await statusOf(reviews)], [503, 503])
    assert.equal(reviews.breaker!.state, 'open')
  })

  test('opens when answers come too late', async (context) => {
    const upstream = await Upstream.start(context, () => {})
    const mesh = await meshOf(context, upstream)
    const reviews = mesh.service('reviews', { timeoutMs: 5, breaker: BREAKER })
    const byCaller = reviews.fetch('/', { signal: AbortSignal.timeout(1), mesh: { timeoutMs: 60_000 } })
    await assert.rejects(byCaller, { name: 'TimeoutError' })
    assert.equal((await reviews.fetch('/')).status, 504)
    assert.equal(reviews.breaker!.state, 'open')
  })

  test('rejects with an error where the mesh throws its answers', async (context) => {
    const { mesh } = await failing(context, { localReply: 'throw' })
    const reviews = mesh.service('reviews', { breaker: BREAKER })
    await open(reviews)
    await assert.rejects(reviews.fetch('/'), (error: Error) => {
      assert.ok(error instanceof TypeError)
      assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_CIRCUIT_OPEN')
      assert.match((error.cause as Error).message, /circuit breaker of reviews is open/)
      return true
    })
  })

  test('does not count calls that the caller gives up', async (context) => {
    const upstream = await Upstream.start(context, () => {})
    const mesh = await meshOf(context, upstream)
    const reviews = mesh.service('reviews', { breaker: { volumeThreshold: 1, isFailure: () => true } })
    for (const asRequest of [false, true]) {
      const controller = new AbortController()
      const { signal } = controller
      const call = reviews.fetch(
        asRequest ? new Request('http://reviews/', { signal }) : '/',
        asRequest ? {} : { signal },
      )
      await once(upstream.server, 'request')
      controller.abort()
      await assert.rejects(call, { name: 'AbortError' })
    }
    assert.equal(reviews.breaker!.state, 'closed')
    assert.equal(reviews.breaker!.statistics.uncounted, 2)
  })

  test('counts what the application calls a failure', async (context) => {
    const { mesh, upstream } = await failing(context)
    const isFailure = (result: Response | Error): boolean => 'status' in result && result.status === 404
    const reviews = mesh.service('reviews', { breaker: { volumeThreshold: 1, isFailure } })
    assert.equal(await statusOf(reviews), 500)
    assert.equal(reviews.breaker!.state, 'closed')
    upstream.status = 404
    // One of two is no more than half.
    assert.equal(await statusOf(reviews), 404)
    assert.equal(await statusOf(reviews), 404)
    assert.equal(reviews.breaker!.state, 'open')
  })

  test('gives the caller what its own judgement throws, and does not count the call', async (context) => {
    const { mesh } = await failing(context)
    const isFailure = (): boolean => {
      throw new Error('a mistake')
    }
    const reviews = mesh.service('reviews', { breaker: { volumeThreshold: 1, isFailure } })
    await assert.rejects(reviews.fetch('/'), /a mistake/)
    assert.equal(reviews.breaker!.state, 'closed')
  })

  test('of a route opens by the calls of that route only', async (context) => {
    const { mesh, upstream } = await failing(context)
    const reviews = mesh.service('reviews', { breaker: BREAKER })
    const search = reviews.route('search')
    await open(search)
    assert.equal(search.breaker!.name, 'reviews search')
    assert.equal(reviews.breaker!.state, 'closed')
    upstream.status = 200
    assert.equal(await statusOf(reviews, '/search'), 200)
    assert.equal(await statusOf(search, '/search'), 503)
  })

  test('does nothing in a mesh that is switched off', async (context) => {
    const upstream = await Upstream.start(context)
    upstream.status = 500
    const mesh = await meshOf(context, upstream, { mode: 'off' })
    const fallback = (): never => assert.fail('nobody asked')
    const name = `127.0.0.1:${upstream.port}`
    const reviews = mesh.service(name, { timeoutMs: 1, breaker: { volumeThreshold: 1, fallback } })
    for (let call = 0; call < 3; call++) assert.equal(await statusOf(reviews), 500)
    assert.equal(reviews.breaker!.state, 'closed')
  })

  test('also watches what lies outside the mesh', async (context) => {
    const { mesh, upstream } = await failing(context)
    const outside = mesh.service(`127.0.0.1:${upstream.port}`, { breaker: BREAKER })
    await open(outside)
    assert.equal(await statusOf(outside), 503)
    assert.equal(upstream.requests, 2)
  })
})

describe('a closed mesh', () => {
  for (const state of ['closed', 'open', 'half-open'] as const) {
    test(`leaves no timer of a breaker that is ${state}, and its calls fail`, async (context) => {
      const { mesh, clock } = await failing(context)
      const reviews = mesh.service('reviews', { breaker: BREAKER })
      const breakers = [reviews, reviews.route('search')]
      if (state !== 'closed') for (const breaker of breakers) await open(breaker)
      if (state === 'half-open') clock.advance(BREAKER.resetTimeout)
      await mesh.close()
      for (const { breaker } of breakers) breaker!.on('half-open', () => assert.fail('the mesh is closed'))
      clock.advance(10 * BREAKER.resetTimeout)
      assert.equal(reviews.breaker!.state, state)
      await assert.rejects(reviews.fetch('/'), (error: Error) => {
        assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_CLOSED')
        return true
      })
      assert.throws(() => mesh.service('details'), { code: 'ERR_INMESH_CLOSED' })
    })
  }

  test('lets requests in flight name services until they have ended', async (context) => {
    const upstream = await Upstream.start(context)
    const mesh = await meshOf(context, upstream)
    let closing: Promise<void> | undefined
    const server = await mesh.listen(
      async (_request, response) => {
        closing = mesh.close()
        response.end(await (await mesh.service('reviews', { breaker: BREAKER }).fetch('/7')).text())
      },
      { port: 0, host: '127.0.0.1' },
    )
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`)
    assert.equal(await response.text(), '/7')
    await closing
  })
})
