import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { RequestContext, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const steering = {
  'x-envoy-retry-on': '5xx',
  'X-Envoy-Max-Retries': '2',
  'x-envoy-upstream-rq-timeout-ms': '4000',
  'x-envoy-hedge-on-per-try-timeout': 'true',
}

test('a request asks for retries of its own, and nobody else hears of it', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (_, response) => response.writeHead(500).end())
  mesh.serve([upstream.port])
  const forms = [steering, Object.entries(steering).flat(), new Map(Object.entries(steering))]
  for (const [index, headers] of forms.entries()) {
    const { status } = await mesh.request('/', { headers })
    assert.equal(status, 500)
    assert.equal(upstream.requests.length, 3 * (index + 1))
  }
  for (const { headers } of upstream.requests) {
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-envoy-')),
      [],
    )
  }
})

test("a request's own limit takes the place of its route's", async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, () => {})
  mesh.serve([upstream.port], { timeoutMs: 1000 })
  const pending = mesh.request('/', { headers: steering })
  await upstream.received(1)
  clock.advance(3999)
  clock.advance(1)
  assert.equal((await pending).status, 504)
})

test('the time that is left goes on within the mesh, and nothing of Envoy leaves it', async (context) => {
  const mesh = new ClientFixture(context)
  const outside = createServer((request, response) => response.end(JSON.stringify(request.headers)))
  outside.listen(0, '127.0.0.1')
  await once(outside, 'listening')
  context.after(() => outside.close())
  const headers = { ...steering, 'x-envoy-expected-rq-timeout-ms': '500', 'x-own': '1' }
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await mesh.request('/', { headers })
  assert.equal(upstream.requests[0]?.headers['x-envoy-expected-rq-timeout-ms'], '500')
  const origin = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`
  const bare = await mesh.request('/', { origin, headers })
  const inside = await mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY), () =>
    mesh.request('/', { origin, headers: Object.entries(headers).flat() }),
  )
  for (const { text } of [bare, inside]) {
    const seen = JSON.parse(text) as Record<string, string>
    assert.equal(seen['x-own'], '1')
    assert.deepEqual(
      Object.keys(seen).filter((name) => name.startsWith('x-envoy-')),
      [],
    )
  }
})

test('a retry waits as long as the answer asks for', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, (_, response) => {
    if (upstream.requests.length === 1) response.writeHead(503, { 'Retry-After': '10' }).end()
    else response.end('ok')
  })
  const rateLimitedBackOff = { headers: [{ name: 'retry-after', format: 'seconds' }], maxMs: 60_000 } as const
  mesh.serve([upstream.port], { retries: retryPolicy({ gatewayError: true }, { rateLimitedBackOff }) })
  const pending = mesh.request()
  await upstream.received(1)
  while (mesh.cluster('reviews').activeRetries === 0) await turn()
  clock.advance(9999)
  assert.equal(upstream.requests.length, 1)
  clock.advance(5001)
  assert.equal((await pending).text, 'ok')
})
