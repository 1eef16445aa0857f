import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OutlierDetectionConfig, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { closedPort, TestUpstream } from './testing/test-upstream.js'

const RARE = { minimumHosts: 100, requestVolume: 100, enforcingPercent: 0, enforcingLocalOriginPercent: 0 }

const DETECTION: OutlierDetectionConfig = {
  intervalMs: 1000,
  baseEjectionMs: 3000,
  maxEjectionMs: 300_000,
  maxEjectionJitterMs: 0,
  maxEjectionPercent: 50,
  alwaysEjectOneHost: false,
  splitLocalOriginErrors: false,
  unejectOnHealthCheck: true,
  consecutive5xx: { count: 3, enforcingPercent: 100 },
  consecutiveGatewayFailures: { count: 5, enforcingPercent: 0 },
  consecutiveLocalOriginFailures: { count: 5, enforcingPercent: 100 },
  successRate: { ...RARE, stdevFactor: 1.9 },
  failurePercentage: { ...RARE, threshold: 85 },
}

function serve(mesh: ClientFixture, ports: readonly number[]): void {
  const endpoints = ports.map((port) => endpoint(port))
  const reviews = cluster('reviews', endpoints, { outlierDetection: DETECTION })
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 } })], [reviews]))
}

async function statuses(mesh: ClientFixture, count: number, options = {}): Promise<number[]> {
  const seen: number[] = []
  for (let request = 0; request < count; request++) seen.push((await mesh.request('/', options)).status)
  return seen
}

test('an upstream that fails is left alone for a while, and is taken back', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const good = await TestUpstream.start(context)
  let status = 500
  const bad = await TestUpstream.start(context, (_request, response) => void response.writeHead(status).end())
  serve(mesh, [good.port, bad.port])
  assert.equal((await statuses(mesh, 6)).filter((seen) => seen === 500).length, 3)
  assert.deepEqual(new Set(await statuses(mesh, 6)), new Set([200]))
  assert.equal(bad.requests.length, 3)
  status = 200
  clock.advance(4000)
  await statuses(mesh, 6)
  assert.equal(bad.requests.length, 6)
})

test('an upstream that cannot be reached is left alone', async (context) => {
  const mesh = new ClientFixture(context)
  const good = await TestUpstream.start(context)
  serve(mesh, [good.port, await closedPort()])
  assert.equal((await statuses(mesh, 6)).filter((seen) => seen === 503).length, 3)
  assert.deepEqual(new Set(await statuses(mesh, 6)), new Set([200]))
})

test('gRPC failures in the head of a response count by what they mean in HTTP', async (context) => {
  const mesh = new ClientFixture(context)
  const good = await TestUpstream.start(context)
  const bad = await TestUpstream.start(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '14' }).end()
  })
  serve(mesh, [good.port, bad.port])
  const grpc = { method: 'POST', headers: { 'content-type': 'application/grpc' } }
  await statuses(mesh, 12, grpc)
  assert.equal(bad.requests.length, 3)
})
