import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createMesh, type Mesh } from 'inmesh'
import type { Dispatcher } from 'undici'
import * as undici7 from 'undici'
import * as undici6 from 'undici-6'

const REVIEWS = (port: number): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: default }
spec:
  hosts: [reviews]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: ${port} }]
  endpoints: [{ address: 127.0.0.1 }]
`

/** A mesh in which `reviews` sends back what it is sent. */
async function echoing(context: TestContext): Promise<Mesh> {
  const server = createServer((request, response) => request.pipe(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const config = await mkdtemp(join(tmpdir(), 'inmesh-'))
  await writeFile(join(config, 'reviews.yaml'), REVIEWS((server.address() as AddressInfo).port))
  const mesh = await createMesh({ config })
  context.after(async () => {
    await mesh.close()
    server.closeAllConnections()
    server.close()
    await rm(config, { recursive: true })
  })
  return mesh
}

for (const [version, undici] of [
  ['6', undici6 as unknown as typeof undici7],
  ['7', undici7],
] as const) {
  test(`the dispatcher carries what undici ${version} sends over it`, async (context) => {
    const mesh = await echoing(context)
    const dispatcher: Dispatcher = mesh.dispatcher()
    const options = { dispatcher, method: 'POST' as const, body: 'said' }
    assert.equal(await (await undici.request('http://reviews/', options)).body.text(), 'said')
    assert.equal(await (await undici.fetch('http://reviews/', options)).text(), 'said')
    const streamed = new PassThrough()
    await undici.stream('http://reviews/', options, () => streamed)
    assert.equal(await text(streamed), 'said')
    const piped = undici.pipeline('http://reviews/', { dispatcher, method: 'POST' }, ({ body }) => body)
    assert.equal(await text(piped.end('piped')), 'piped')
    const composed = dispatcher.compose((dispatch) => dispatch)
    assert.equal(
      await (await undici.request('http://reviews/', { ...options, dispatcher: composed })).body.text(),
      'said',
    )
  })

  test(`calls of undici ${version} that name no dispatcher go through an installed mesh`, async (context) => {
    const mesh = await echoing(context)
    mesh.installGlobal()
    const options = { method: 'POST' as const, body: 'said' }
    assert.equal(await (await undici.request('http://reviews/', options)).body.text(), 'said')
    assert.equal(await (await undici.fetch('http://reviews/', options)).text(), 'said')
    assert.equal(await (await fetch('http://reviews/', options)).text(), 'said')
  })
}
