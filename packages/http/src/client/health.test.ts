import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthCheckConfig } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

/** Checks at once, and then again only after longer than any test lasts. */
const CHECK: HealthCheckConfig = {
  check: {
    kind: 'http',
    path: '/health',
    host: '',
    method: 'GET',
    headers: [],
    receive: [],
    responseBufferSize: 1024,
    expected: [{ start: 200, end: 201 }],
    retriable: [],
  },
  timeoutMs: 60_000,
  intervalMs: 60_000,
  unhealthyIntervalMs: 60_000,
  unhealthyEdgeIntervalMs: 60_000,
  healthyEdgeIntervalMs: 60_000,
  noTrafficIntervalMs: 60_000,
  noTrafficHealthyIntervalMs: 60_000,
  initialJitterMs: 0,
  intervalJitterMs: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  reuseConnection: true,
  excludesNew: false,
  keepsRemoved: false,
}

function serve(mesh: ClientFixture, ports: readonly number[]): void {
  const endpoints = ports.map((port) => endpoint(port))
  const reviews = cluster('reviews', endpoints, { healthCheck: CHECK })
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 } })], [reviews]))
}

/** An upstream whose health is as said; what it answers to other requests besides. */
function upstream(
  context: Parameters<typeof TestUpstream.start>[0],
  health: number,
  headers: Record<string, string> = {},
) {
  return TestUpstream.start(context, (request, response) => {
    if (request.url === '/health') response.writeHead(health).end()
    else response.writeHead(200, headers).end(String(request.socket.localPort))
  })
}

test('the first requests wait for the first checks, and go to nobody who failed them', async (context) => {
  const mesh = new ClientFixture(context)
  const well = await upstream(context, 200)
  const ill = await upstream(context, 500)
  serve(mesh, [well.port, ill.port])
  const answers = await Promise.all(Array.from({ length: 10 }, () => mesh.request()))
  assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([String(well.port)]))
})

test('an upstream that says so in a response takes itself out of service', async (context) => {
  const mesh = new ClientFixture(context)
  const well = await upstream(context, 200)
  const leaving = await upstream(context, 200, { 'x-envoy-immediate-health-check-fail': 'true' })
  serve(mesh, [well.port, leaving.port])
  for (let request = 0; request < 2; request++) await mesh.request()
  // What was told takes effect when the event loop has turned; timers of one duration fire in order.
  await new Promise<void>((resolve) => void mesh.plane.clock.setTimer(0, resolve, true))
  const answers = await Promise.all(Array.from({ length: 10 }, () => mesh.request()))
  assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([String(well.port)]))
})
