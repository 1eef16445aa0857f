import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type LoadBalancingPolicy, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { closedPort, TestUpstream } from './testing/test-upstream.js'

function serve(mesh: ClientFixture, ports: readonly number[], loadBalancing: LoadBalancingPolicy): void {
  const endpoints = ports.map((port) => endpoint(port))
  const clusters = [cluster('reviews', endpoints, { loadBalancing })]
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 } })], clusters))
}

async function reporting(context: TestContext, report: string): Promise<TestUpstream> {
  return await TestUpstream.start(context, (request, response) => {
    request.resume()
    response.setHeader('endpoint-load-metrics', report)
    response.end(String(request.socket.localPort))
  })
}

test('endpoints that report their load get requests by what they can carry', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const idle = await reporting(context, 'TEXT application_utilization=0.2,rps_fractional=100')
  const busy = await reporting(context, 'JSON {"applicationUtilization": 0.8, "rpsFractional": 100}')
  serve(mesh, [idle.port, busy.port], {
    kind: 'weighted-by-load',
    blackoutMs: 0,
    expirationMs: 180_000,
    updateMs: 1000,
    errorPenalty: 1,
    metricNames: [],
  })
  for (let request = 0; request < 10; request++) await mesh.request()
  assert.deepEqual([idle.requests.length, busy.requests.length], [5, 5])
  clock.advance(1000)
  for (let request = 0; request < 50; request++) await mesh.request()
  const [toIdle, toBusy] = [idle.requests.length - 5, busy.requests.length - 5]
  assert.ok(toIdle >= 39 && toIdle <= 41 && toIdle + toBusy === 50, `${toIdle} and ${toBusy}`)
})

test('an endpoint that fails fast is not taken for a fast one', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  serve(mesh, [await closedPort(), upstream.port], {
    kind: 'peak-ewma',
    decayMs: 10_000,
    defaultRttMs: 30,
    failureRttMs: 1000,
  })
  const statuses: number[] = []
  for (let request = 0; request < 20; request++) statuses.push((await mesh.request()).status)
  assert.ok(statuses.filter((status) => status === 503).length <= 1, String(statuses))
})
