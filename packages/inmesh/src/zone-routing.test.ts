import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { SeededRandom } from '@inmesh/core'
import { openMesh } from './create-mesh.js'
import type { Mesh } from './mesh.js'
import { meshDirectory, serviceEntry } from './testing/mesh-directory.js'
import { RecordingLogger } from './testing/recording-logger.js'

const FRONT = 'outbound|80||front.shop.svc.cluster.local'

/** A server that answers with the name of its zone. */
async function server(context: TestContext, zone: string): Promise<readonly [number, string]> {
  const made = createServer((_request, response) => response.end(zone)).listen(0, '127.0.0.1')
  await once(made, 'listening')
  context.after(() => made.close())
  return [(made.address() as AddressInfo).port, zone]
}

/** Reviews with three servers in each of two zones, and who calls them. */
async function directory(context: TestContext, front: readonly string[]): Promise<string> {
  const zones = ['eu-1', 'eu-2', 'eu-1', 'eu-2', 'eu-1', 'eu-2']
  const servers = await Promise.all(zones.map((zone) => server(context, zone)))
  return meshDirectory(context, {
    'reviews.yaml': serviceEntry(
      'reviews',
      servers.map(([port, zone]) => [port, `eu/${zone}`]),
    ),
    'front.yaml': serviceEntry(
      'front',
      front.map((zone, index) => [index + 1, `eu/${zone}`]),
    ),
  })
}

async function answers(mesh: Mesh, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let call = 0; call < count; call++) {
    const zone = await (await mesh.fetch('http://reviews.shop/')).text()
    counts[zone] = (counts[zone] ?? 0) + 1
  }
  return counts
}

const OPTIONS = { namespace: 'shop', logLevel: 'silent', locality: { region: 'eu', zone: 'eu-1' } } as const

test('calls of a mesh that knows its own cluster stay in its zone', async (context) => {
  const config = await directory(context, ['eu-1', 'eu-2'])
  const mesh = await openMesh({ ...OPTIONS, config, localCluster: FRONT }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  assert.deepEqual(await answers(mesh, 40), { 'eu-1': 40 })
})

test('calls leave the zone as far as it has more callers than its share of the endpoints', async (context) => {
  const config = await directory(context, ['eu-1', 'eu-1', 'eu-1', 'eu-2'])
  const mesh = await openMesh({ ...OPTIONS, config, localCluster: FRONT, random: new SeededRandom(5) }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  // Of three quarters of the callers and half of the endpoints, two thirds stay.
  const { 'eu-1': stayed, 'eu-2': left } = await answers(mesh, 300)
  assert.ok(stayed! > 165 && stayed! < 235, `${stayed} stayed`)
  assert.equal(stayed! + left!, 300)
})

test('calls of a mesh that does not know its own cluster, or its zone, go everywhere', async (context) => {
  const config = await directory(context, ['eu-1', 'eu-2'])
  const logger = new RecordingLogger()
  for (const options of [{ locality: OPTIONS.locality }, { localCluster: FRONT, logger }]) {
    const random = new SeededRandom(5)
    const mesh = await openMesh({ namespace: 'shop', logLevel: 'silent', config, random, ...options }, {})
    context.after(() => mesh.close({ timeoutMs: 1 }))
    assert.deepEqual(Object.keys(await answers(mesh, 24)).sort(), ['eu-1', 'eu-2'])
  }
  assert.match(logger.lines.join(), /^warn: the option localCluster has no effect/)
})
