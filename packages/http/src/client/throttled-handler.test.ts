import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type HttpFilter, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { TestUpstream } from './testing/test-upstream.js'

/** 20 KiB a second are 1 KiB in each step of 50 ms. */
const RATE: readonly HttpFilter[] = [
  {
    name: 'fault',
    config: { kind: 'fault', responseRate: { fraction: { perMillion: 1_000_000 }, kbps: 20 } },
    disabled: false,
  },
]
const BODY = Buffer.from(Array.from({ length: 10 * 1024 }, (_, index) => index % 251))

async function slowed(context: TestContext, idleTimeoutMs = 0) {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, (request, response) => {
    request.resume()
    response.end(BODY)
  })
  mesh.serve([upstream.port], { filters: RATE, idleTimeoutMs })
  const response = await mesh.response()
  const chunks: Buffer[] = []
  const length = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  response.body.on('data', (chunk: Buffer) => chunks.push(chunk))
  const arrived = async (bytes: number): Promise<void> => {
    while (length() < bytes) await turn()
  }
  return { mesh, clock, response, chunks, length, arrived }
}

test('a body comes at the rate that a fault says, and whole', async (context) => {
  const { mesh, clock, response, chunks, length, arrived } = await slowed(context)
  await arrived(1024)
  for (let step = 2; step <= 10; step++) {
    clock.advance(49)
    await turn()
    assert.equal(length(), (step - 1) * 1024)
    assert.equal(mesh.cluster('reviews').activeRequests, 1)
    clock.advance(1)
    await arrived(step * 1024)
  }
  if (!response.body.readableEnded) await new Promise((resolve) => response.body.once('end', resolve))
  assert.deepEqual(Buffer.concat(chunks), BODY)
})

test('what was not used of the rate is kept for a second', async (context) => {
  const { clock, arrived, length } = await slowed(context)
  await arrived(1024)
  clock.advance(250)
  await arrived(6 * 1024)
  await turn()
  assert.equal(length(), 6 * 1024)
})

test('a response that is slowed down is not idle', async (context) => {
  const { clock, arrived } = await slowed(context, 75)
  for (let step = 1; step <= 10; step++) {
    await arrived(step * 1024)
    clock.advance(50)
  }
})

test('a response that its caller gives up is given on no more', async (context) => {
  const { mesh, clock, response, length, arrived } = await slowed(context)
  await arrived(1024)
  response.body.on('error', () => {})
  response.body.destroy()
  while (mesh.cluster('reviews').activeRequests > 0) await turn()
  clock.advance(1000)
  await turn()
  assert.equal(length(), 1024)
})
