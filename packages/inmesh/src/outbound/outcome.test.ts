import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { request } from 'undici'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'

const CLUSTER = 'outbound|80||reviews.shop.svc.cluster.local'

async function meshOver(
  context: TestContext,
  answer: RequestListener,
  options: MeshOptions = {},
): Promise<{ mesh: Mesh; endpoint: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) })
  const mesh = await openMesh({ namespace: 'shop', config, ...options }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return { mesh, endpoint: `127.0.0.1:${port}` }
}

test('what happened to a call is known for the answer of every client', async (context) => {
  const { mesh, endpoint } = await meshOver(context, (_request, response) => response.writeHead(201).end('made'))
  const fetched = await mesh.fetch('http://reviews/')
  const served = await mesh.service('reviews').fetch('/')
  const requested = await request('http://reviews/', { dispatcher: mesh.dispatcher() })
  const got = get('http://reviews/', { agent: mesh.httpAgent() })
  const [incoming] = (await once(got, 'response')) as [IncomingMessage]
  for (const answer of [fetched, served, requested, got, incoming]) {
    const outcome = mesh.outcome(answer)!
    assert.deepEqual(
      [outcome.authority, outcome.cluster, outcome.endpoint, outcome.status, outcome.flags, outcome.attempts.length],
      ['reviews', CLUSTER, endpoint, 201, '-', 1],
    )
  }
  await Promise.all([fetched.text(), served.text(), requested.body.text(), incoming.resume()])
})

test('an error of a call tells too what happened to it', async (context) => {
  const { mesh } = await meshOver(context, (incoming) => incoming.socket.destroy(), { localReply: 'throw' })
  const failed = get('http://reviews/', { agent: mesh.httpAgent() })
  const [ofNode] = (await once(failed, 'error')) as [Error]
  const ofFetch = await mesh.fetch('http://reviews/').catch((error: Error) => error)
  for (const answer of [ofNode, failed, ofFetch]) {
    const { code, flags, attempts } = mesh.outcome(answer)!
    assert.deepEqual([code, flags.split(',')[0]], ['ERR_INMESH_RESET', 'UC'])
    assert.ok(attempts.every(({ failure }) => failure === 'reset'))
  }
})

test('a call that its breaker stopped tells so', async (context) => {
  const { mesh } = await meshOver(context, (_request, response) => response.writeHead(500).end())
  const breaker = { errorThresholdPercentage: 50, volumeThreshold: 1, resetTimeout: 60_000 }
  const reviews = mesh.service('reviews', { breaker })
  const first = await reviews.fetch('/')
  assert.deepEqual([mesh.outcome(first)!.status, mesh.outcome(first)!.breaker!.result], [500, 'failure'])
  while (reviews.breaker!.state !== 'open') await (await reviews.fetch('/')).text()
  const stopped = mesh.outcome(await reviews.fetch('/'))!
  assert.deepEqual([stopped.status, stopped.flags, stopped.breaker!.result], [503, 'UO', 'rejected'])
})

test('nothing is known of answers of others, and of calls past the mesh', async (context) => {
  const { mesh, endpoint } = await meshOver(context, (_request, response) => response.end())
  const past = await mesh.fetch(`http://${endpoint}/`)
  for (const answer of [past, new Response(), new Error('one')]) assert.equal(mesh.outcome(answer), undefined)
  await past.text()
})
