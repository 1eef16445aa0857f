import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type OutlierDetectionConfig, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, retryPolicy, route, target } from './testing/configs.js'
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

function serve(
  mesh: ClientFixture,
  ports: readonly number[],
  detection: Partial<OutlierDetectionConfig> = {},
  more = {},
): void {
  const endpoints = ports.map((port) => endpoint(port))
  const reviews = cluster('reviews', endpoints, { outlierDetection: { ...DETECTION, ...detection } })
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 }, ...more })], [reviews]))
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

/** Answers with a body that breaks off, or never comes to its end. */
function half(context: TestContext, breaks: boolean): Promise<TestUpstream> {
  return TestUpstream.start(context, (_request, response) => {
    response.writeHead(200, { 'content-length': '9' })
    response.write('half', () => breaks && response.destroy())
  })
}

const BREAKS: readonly [string, Partial<OutlierDetectionConfig>][] = [
  ['counts as a 503 beside its head', { consecutive5xx: { count: 1, enforcingPercent: 100 } }],
  [
    'is a failure of local origin where those are split off',
    { splitLocalOriginErrors: true, consecutiveLocalOriginFailures: { count: 1, enforcingPercent: 100 } },
  ],
]

for (const [what, detection] of BREAKS) {
  test(`a response that breaks off after its head ${what}`, async (context) => {
    const mesh = new ClientFixture(context)
    const good = await TestUpstream.start(context)
    const bad = await half(context, true)
    serve(mesh, [good.port, bad.port], detection)
    const results = await Promise.allSettled(Array.from({ length: 2 }, () => mesh.request('/')))
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual(new Set(await statuses(mesh, 6)), new Set([200]))
    assert.equal(bad.requests.length, 1)
  })
}

test('a response that breaks off is no row of failures, as its head is a success each time', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await half(context, true)
  serve(mesh, [bad.port], { maxEjectionPercent: 100, consecutive5xx: { count: 2, enforcingPercent: 100 } })
  for (let request = 0; request < 5; request++) await assert.rejects(mesh.request('/'), { code: 'ERR_INMESH_RESET' })
  assert.equal(bad.requests.length, 5)
})

test('a response that the cluster finds idle for too long counts as a time-out, one that the caller gives up does not', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const slow = await half(context, false)
  const retries = retryPolicy({ reset: true }, { perTryIdleTimeoutMs: 200 })
  serve(
    mesh,
    [slow.port],
    { maxEjectionPercent: 100, consecutive5xx: { count: 1, enforcingPercent: 100 } },
    { retries },
  )
  const isEjected = (): boolean => [...mesh.cluster('reviews').endpoints.values()].some(({ ejected }) => ejected)
  const givenUp = await mesh.response()
  givenUp.body.on('error', () => {}).destroy()
  assert.equal(isEjected(), false)
  const { body } = await mesh.response()
  const failed = once(body, 'error')
  await once(
    body.on('data', () => {}),
    'data',
  )
  clock.advance(400)
  await failed
  assert.equal(isEjected(), true)
})
