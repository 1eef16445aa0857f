// With TEST_SOAK=full as long as it takes to tell a leak from noise: 100,000 requests and 1,000 meshes, some minutes. Otherwise a part of that.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationDirectory } from '../e2e/configuration-directory.js'
import { ControlPlane } from '../e2e/control-plane.js'
import { TestProcess, type TestScope } from '../support/test-process.js'

const isFull = process.env.TEST_SOAK === 'full'
const requests = isFull ? 100_000 : 5_000
const meshes = isFull ? 1_000 : 50
const limitMs = isFull ? 1_800_000 : 120_000
/**
 * What a heap may grow by without a leak, in megabytes: code is compiled until everything has been done a few hundred times. In full, a leak of 26
 * bytes a request shows; a mesh that is kept is a hundred kilobytes.
 */
const marginMb = { requests: isFull ? 2 : 5, meshes: 5 }

type Report = {
  readonly early: number
  readonly late: number
  readonly longTimers: readonly number[]
  readonly resources: readonly string[]
}

/** Runs a process to its end, which it has to come to by itself. */
async function run(scope: TestScope, script: string, ...args: readonly string[]): Promise<Report> {
  const process = TestProcess.node(scope, new URL(`./processes/${script}.js`, import.meta.url), { args })
  const done = await process.line('the end', ({ event }) => event === 'done', 0, limitMs)
  assert.deepEqual(await process.exited, { code: 0, signal: null }, process.output)
  assert.equal(process.output, '')
  return done as unknown as Report
}

function flat(
  context: { diagnostic(text: string): void },
  marginMb: number,
  { early, late, longTimers, resources }: Report,
): void {
  context.diagnostic(`${early.toFixed(2)} MB after a fifth, ${late.toFixed(2)} MB in the end`)
  assert.ok(late - early < marginMb, `${early.toFixed(2)} MB became ${late.toFixed(2)} MB`)
  assert.deepEqual(longTimers, [])
  // What the test itself reads from, and what is over with the turn of the event loop.
  const others = ['PipeWrap', 'TTYWrap', 'Immediate', 'CloseReq']
  assert.deepEqual(
    resources.filter((resource) => !others.includes(resource)),
    [],
  )
}

describe('memory is flat, and nothing is left that keeps a process', () => {
  it(`after ${requests} requests through client and server`, async (t) => {
    const directory = await ConfigurationDirectory.create(t, {})
    flat(t, marginMb.requests, await run(t, 'soak-process', String(requests), directory.path))
  })

  it(`after ${meshes} meshes were opened and closed`, async (t) => {
    const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  workloadSelector: { labels: { app: reviews } }
`
    const directory = await ConfigurationDirectory.create(t, { 'reviews.yaml': service })
    const { address } = await ControlPlane.start(t, directory.path)
    flat(t, marginMb.meshes, await run(t, 'meshes-process', String(meshes), directory.path, address))
  })
})
