import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import { describe, test } from 'node:test'
import type { RequestContext } from '@inmesh/core'
import { deferred, send, serve, start } from './testing/inbound-fixture.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const EXPECTED = 'x-envoy-expected-rq-timeout-ms'

describe('the deadline of an inbound request', () => {
  const grpc = { 'content-type': 'application/grpc+proto' }
  const cases: [says: string, headers: OutgoingHttpHeaders, leftMs: number | undefined][] = [
    ['a gRPC request says so', { ...grpc, 'grpc-timeout': '2S' }, 2000],
    ['grpc-timeout is the shorter one', { ...grpc, 'grpc-timeout': '100m', [EXPECTED]: '200' }, 100],
    ['grpc-timeout is the longer one', { ...grpc, 'grpc-timeout': '300m', [EXPECTED]: '200' }, 200],
    ['grpc-timeout cannot be read', { ...grpc, 'grpc-timeout': 'soon', [EXPECTED]: '200' }, 200],
    ['grpc-timeout is 0', { ...grpc, 'grpc-timeout': '0S' }, undefined],
    ['grpc-timeout stands in another request', { 'grpc-timeout': '2S' }, undefined],
    ['the expected time is 0', { [EXPECTED]: '0', ...grpc, 'grpc-timeout': '1S' }, 1000],
  ]
  for (const [says, headers, leftMs] of cases) {
    test(`is ${leftMs === undefined ? 'none' : `in ${leftMs} ms`} when ${says}`, async (context) => {
      const { port } = await serve(context, () => (request, response) => response.end(String(request.mesh.timeLeftMs)))
      const { body } = await send(port, { method: 'POST', headers })
      assert.equal(body, String(leftMs))
    })
  }
})

test('baggage and priority of a trusted peer are told, and go on as they came', async (context) => {
  const { port } = await serve(context, ({ contexts }) => (request, response) => {
    const { baggage, priority } = contexts.current()!
    const told = { baggage: [...request.mesh.baggage], priority: request.mesh.priority }
    response.end(JSON.stringify({ carried: { baggage, priority }, told }))
  })
  const headers = { baggage: ['user=a%20b;p', 'tier=gold'], priority: 'u=1, i' }
  assert.deepEqual(JSON.parse((await send(port, { headers })).body), {
    carried: { baggage: 'user=a%20b;p, tier=gold', priority: 1 },
    told: {
      baggage: [
        ['user', 'a b'],
        ['tier', 'gold'],
      ],
      priority: 1,
    },
  })
  assert.deepEqual(JSON.parse((await send(port)).body), { carried: { baggage: '' }, told: { baggage: [] } })
})

test('more than 64 members of baggage are not carried', async (context) => {
  const { port } = await serve(context, () => (request, response) => response.end(String(request.mesh.baggage.size)))
  const baggage = Array.from({ length: 65 }, (_, index) => `k${index}=v`).join(',')
  assert.equal((await send(port, { headers: { baggage } })).body, '64')
})

describe('of a peer that is not trusted', () => {
  // Principle: nothing that steers the mesh or speaks for others.
  const reserved: Readonly<Record<string, string>> = {
    [EXPECTED]: '1',
    'grpc-timeout': '1m',
    priority: 'u=0',
    baggage: 'tier=gold',
    'x-envoy-upstream-rq-timeout-ms': '1',
    'x-envoy-retry-on': '5xx',
    'x-envoy-fault-delay-request': '1000',
    'x-envoy-attempt-count': '3',
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/a/sa/b',
  }
  for (const [name, value] of Object.entries(reserved)) {
    test(`${name} does not count and is removed`, async (context) => {
      const { port } = await serve(
        context,
        () => (request, response) => {
          const { deadline, baggage, priority, clientAddress } = request.mesh.context
          assert.deepEqual([deadline, baggage, priority], [Number.POSITIVE_INFINITY, '', undefined])
          assert.equal(clientAddress, '127.0.0.1')
          const raw = request.rawHeaders.map((text) => text.toLowerCase())
          response.end(JSON.stringify([name in request.headers, name in request.headersDistinct, raw.includes(name)]))
        },
        { trusted: ['192.0.2.0/24'] },
      )
      const headers = { 'content-type': 'application/grpc', [name.toUpperCase()]: value, 'x-own': '1' }
      assert.deepEqual(JSON.parse((await send(port, { method: 'POST', headers })).body), [false, false, false])
    })
  }

  test('the trace counts, and other headers stay', async (context) => {
    const { port } = await serve(
      context,
      () => (request, response) => {
        const { traceparent, tracestate } = request.mesh
        response.end(JSON.stringify({ traceparent, tracestate, own: request.headers['x-own'] }))
      },
      { trusted: [] },
    )
    const headers = { traceparent: TRACE, tracestate: 'a=1', 'x-own': '1', priority: 'u=0' }
    assert.deepEqual(JSON.parse((await send(port, { headers })).body), {
      traceparent: TRACE,
      tracestate: 'a=1',
      own: '1',
    })
  })
})

describe('the end of an inbound request', () => {
  const headers = { [EXPECTED]: '1000', traceparent: TRACE, baggage: 'a=1', priority: 'u=1' }

  function traceOnly(context: RequestContext | undefined, whole: RequestContext): void {
    assert.equal(context?.trace, whole.trace)
    const { deadline, baggage, priority, clientAddress } = context
    assert.deepEqual([deadline, baggage, priority, clientAddress], [Number.POSITIVE_INFINITY, '', undefined, ''])
  }

  test('leaves the trace as soon as the handler has ended its response', async (context) => {
    const { port } = await serve(context, ({ contexts }) => (request, response) => {
      assert.equal(contexts.current(), request.mesh.context)
      response.end()
      traceOnly(contexts.current(), request.mesh.context)
    })
    assert.equal((await send(port, { headers })).status, 200)
  })

  test('leaves the trace in work that goes on', async (context) => {
    const late = deferred<() => void>()
    const ended = deferred()
    const { port } = await serve(context, ({ contexts }) => (request, response) => {
      const work = async () => {
        await ended.promise
        return () => traceOnly(contexts.current(), request.mesh.context)
      }
      response.on('close', ended.resolve)
      void work().then((check) => {
        check()
        late.resolve(check)
      })
      response.end()
    })
    await send(port, { headers })
    await late.promise
  })

  test('is no end while the caller has gone and the handler is still at work', async (context) => {
    const arrived = deferred()
    const outcome = deferred<(string | undefined)[]>()
    const { port } = await serve(context, ({ contexts }) => async (_request, response) => {
      arrived.resolve()
      await once(response, 'close')
      const atWork = contexts.current()?.cancellation?.code
      response.end()
      outcome.resolve([atWork, contexts.current()?.cancellation?.code])
    })
    const { call, reply } = start(port, { headers })
    await arrived.promise
    call.destroy()
    await assert.rejects(reply)
    assert.deepEqual(await outcome.promise, ['ERR_INMESH_CANCELLED', undefined])
  })
})
