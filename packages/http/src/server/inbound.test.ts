import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Inbound } from './inbound.js'
import { deferred, keptConnection, send, serve, start } from './testing/inbound-fixture.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('the context of an inbound request', () => {
  test('takes deadline and trace from a trusted peer', async (context) => {
    const { server, port } = await serve(context, ({ contexts }) => (request, response) => {
      const context = contexts.current()
      assert.equal(context, request.mesh.context)
      response.end(
        JSON.stringify({
          left: request.mesh.timeLeftMs,
          traceparent: request.mesh.traceparent,
          tracestate: request.mesh.tracestate,
        }),
      )
    })
    const headers = { 'x-envoy-expected-rq-timeout-ms': '1500', traceparent: TRACE, tracestate: 'a=1' }
    const { body } = await send(port, { headers })
    assert.deepEqual(JSON.parse(body), { left: 1500, traceparent: TRACE, tracestate: 'a=1' })
    await server.drain()
  })

  test('counts the deadline down to zero on the injected clock', async (context) => {
    const { server, port } = await serve(context, ({ clock }) => (request, response) => {
      const seen: (number | undefined)[] = []
      const { deadline } = request.mesh
      assert.equal(deadline, clock.wallTime() + 1000)
      for (const step of [0, 400, 5000]) {
        clock.advance(step)
        seen.push(request.mesh.timeLeftMs)
      }
      response.end(JSON.stringify(seen))
    })
    const { body } = await send(port, { headers: { 'x-envoy-expected-rq-timeout-ms': '1000' } })
    assert.deepEqual(JSON.parse(body), [1000, 600, 0])
    await server.drain()
  })

  for (const value of ['0', '-5', '1e3', 'soon', '1234567890123']) {
    test(`has no deadline when the header says ${value}`, async (context) => {
      const { server, port } = await serve(context, () => (request, response) => {
        response.end(String(request.mesh.timeLeftMs))
      })
      const { body } = await send(port, { headers: { 'x-envoy-expected-rq-timeout-ms': value } })
      assert.equal(body, 'undefined')
      await server.drain()
    })
  }

  test('begins a trace of its own, with no tracestate, when traceparent cannot be parsed', async (context) => {
    const { server, port } = await serve(context, () => (request, response) => {
      response.end(`${request.mesh.traceparent} ${request.mesh.tracestate}`)
    })
    const { body } = await send(port, { headers: { traceparent: 'nonsense', tracestate: 'a=1' } })
    assert.match(body, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00 $/)
    await server.drain()
  })
})

describe('the originating client', () => {
  const cases: [told: string | undefined, trusted: string[], expected: string][] = [
    [undefined, ['127.0.0.0/8'], '127.0.0.1'],
    ['192.0.2.9', ['127.0.0.0/8'], '192.0.2.9'],
    ['198.51.100.1, 192.0.2.9, 10.0.0.1', ['127.0.0.0/8', '10.0.0.0/8'], '192.0.2.9'],
    ['10.1.1.1, 10.0.0.1', ['127.0.0.0/8', '10.0.0.0/8'], '10.1.1.1'],
    ['unknown, 10.0.0.1', ['127.0.0.0/8', '10.0.0.0/8'], '10.0.0.1'],
    ['192.0.2.9', ['10.0.0.0/8'], '127.0.0.1'],
  ]
  for (const [told, trusted, expected] of cases) {
    test(`is ${expected} when ${trusted.join(' and ')} may tell and x-forwarded-for is ${told ?? 'absent'}`, async (context) => {
      const { server, port } = await serve(
        context,
        () => (request, response) => response.end(request.mesh.context.clientAddress),
        { trusted },
      )
      const { body } = await send(port, { headers: told === undefined ? {} : { 'x-forwarded-for': told } })
      assert.equal(body, expected)
      await server.drain()
    })
  }
})

describe('a peer that is not trusted', () => {
  const stranger = { trusted: ['192.0.2.0/24'] }

  test('sets no deadline and its mesh headers are gone in every form, its trace is kept', async (context) => {
    const { server, port } = await serve(
      context,
      () => (request, response) => {
        response.end(
          JSON.stringify({
            left: request.mesh.timeLeftMs ?? null,
            trace: request.mesh.traceparent,
            headers: request.headers,
            raw: request.rawHeaders,
            distinct: request.headersDistinct,
          }),
        )
      },
      stranger,
    )
    const { body } = await send(port, {
      headers: {
        'X-Envoy-Expected-Rq-Timeout-Ms': '1',
        'x-envoy-retry-on': '5xx',
        'X-Envoy-Fault-Abort-Request': '503',
        'X-Forwarded-For': '1.2.3.4',
        'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/a/sa/b',
        baggage: 'tier=gold',
        traceparent: TRACE,
        'x-request-id': 'kept',
      },
    })
    const seen = JSON.parse(body)
    assert.equal(seen.left, null)
    assert.equal(seen.trace, TRACE)
    const kept = ['connection', 'host', 'traceparent', 'x-request-id']
    assert.deepEqual(Object.keys(seen.headers).sort(), kept)
    assert.deepEqual(Object.keys(seen.distinct).sort(), kept)
    const names = (seen.raw as string[]).filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    assert.deepEqual(names.sort(), kept)
    assert.equal(seen.raw[seen.raw.indexOf('x-request-id') + 1], 'kept')
    await server.drain()
  })

  test('keeps its headers as they are when none of them is reserved', async (context) => {
    const { server, port } = await serve(
      context,
      () => (request, response) => {
        response.end(JSON.stringify(request.headers))
      },
      stranger,
    )
    const { body } = await send(port, { headers: { 'x-env': 'a', cookie: 'b=c' } })
    assert.deepEqual(JSON.parse(body), {
      'x-env': 'a',
      cookie: 'b=c',
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
    })
    await server.drain()
  })
})

describe('the context follows its request', () => {
  test('across awaits, timers and microtasks, apart from requests beside it', async (context) => {
    const both = deferred()
    let arrived = 0
    const { server, port } = await serve(context, ({ contexts }) => async (request, response) => {
      if (++arrived === 2) both.resolve()
      await both.promise
      await turn()
      await new Promise<void>((resolve) => queueMicrotask(resolve))
      assert.equal(contexts.current(), request.mesh.context)
      response.end(String(request.mesh.timeLeftMs))
    })
    const replies = await Promise.all(
      ['100', '200'].map((ms) => send(port, { headers: { 'x-envoy-expected-rq-timeout-ms': ms } })),
    )
    assert.deepEqual(replies.map((reply) => reply.body).sort(), ['100', '200'])
    await server.drain()
  })

  test('into the listeners of the request and of the response, on one connection after another request', async (context) => {
    const agent = keptConnection()
    const seen: string[] = []
    const closed = deferred()
    const { server, port } = await serve(context, ({ contexts }) => (request, response) => {
      const note = (event: string) => () => {
        const own = contexts.current()?.trace === request.mesh.context.trace ? 'own' : 'lost'
        seen.push(`${event} ${own}`)
      }
      request.on('data', note('data'))
      request.on('end', () => {
        note('end')()
        response.end('ok')
      })
      response.on('finish', note('finish'))
      response.on('close', note('close'))
      if (request.url === '/second') response.on('close', closed.resolve)
    })
    await send(port, { method: 'POST', agent, path: '/first' }, 'one')
    await send(port, { method: 'POST', agent, path: '/second' }, 'two')
    await closed.promise
    const once = ['data own', 'end own', 'finish own', 'close own']
    assert.deepEqual(seen, [...once, ...once])
    agent.destroy()
    await server.drain()
  })

  test('and does not leak to code outside it', async (context) => {
    const { server, port, contexts } = await serve(context, () => (_request, response) => {
      response.end()
    })
    await send(port)
    assert.equal(contexts.current(), undefined)
    await server.drain()
  })
})

describe('req.mesh.signal', () => {
  test('aborts when the caller goes away, also when first read afterwards', async (context) => {
    const arrived = deferred()
    const aborted = deferred<boolean>()
    const { server, port } = await serve(context, () => (request, response) => {
      const { signal } = request.mesh
      const late = request.url === '/late'
      if (!late) signal.addEventListener('abort', () => aborted.resolve(signal.aborted))
      response.on('close', () => late && aborted.resolve(request.mesh.signal.aborted))
      arrived.resolve()
    })
    for (const path of ['/early', '/late']) {
      const { call, reply } = start(port, { path })
      await arrived.promise
      call.destroy()
      await assert.rejects(reply)
      assert.equal(await aborted.promise, true)
    }
    await server.drain()
  })

  test('stays silent when the response was complete', async (context) => {
    const outcome = deferred<boolean>()
    const { server, port } = await serve(context, () => (request, response) => {
      const { signal } = request.mesh
      response.on('close', () => setImmediate(() => outcome.resolve(signal.aborted)))
      response.end('done')
    })
    await send(port)
    assert.equal(await outcome.promise, false)
    await server.drain()
  })
})

test('switched off, a request passes with all its headers and no context', async (context) => {
  const { server, port } = await serve(
    context,
    ({ contexts }) =>
      (request, response) => {
        assert.equal(contexts.current(), undefined)
        response.end(`${request.headers['x-envoy-expected-rq-timeout-ms']} ${request.mesh.timeLeftMs}`)
      },
    { passive: true },
  )
  const { body } = await send(port, { headers: { 'x-envoy-expected-rq-timeout-ms': '7' } })
  assert.equal(body, '7 undefined')
  await server.drain()
})

test('a request that a mesh has taken in is known as such, another is not', async (context) => {
  const { server, port } = await serve(context, () => (request, response) => {
    response.end(String(Inbound.find(request) === request.mesh))
  })
  assert.equal((await send(port)).body, 'true')
  assert.equal(Inbound.find({ mesh: {} } as never), undefined)
  server.close()
  await once(server, 'close')
})
