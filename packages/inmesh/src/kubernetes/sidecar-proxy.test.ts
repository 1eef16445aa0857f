import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMesh } from '../create-mesh.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'
import { RecordingLogger } from '../testing/recording-logger.js'
import { type SidecarSettings, standsBack } from './sidecar-proxy.js'

const NO_FILE = '/nowhere/annotations'

function settings(changes: Partial<SidecarSettings> = {}): SidecarSettings & { readonly logger: RecordingLogger } {
  const logger = new RecordingLogger()
  const usual = { sidecar: 'detect', pod: {}, inboundListener: 'optional', outboundPolicy: 'allow-any' } as const
  return { ...usual, ...changes, logger }
}

async function administration(context: TestContext, server: string): Promise<number> {
  const listening = createServer((_request, response) => response.setHeader('server', server).end('{}'))
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  context.after(() => listening.close())
  return (listening.address() as AddressInfo).port
}

async function annotations(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-sidecar-'))
  context.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'annotations'), text)
  return join(folder, 'annotations')
}

test('a sidecar is noticed by its administration or by what the injector noted, and the mesh says once that it stands back', async (context) => {
  const byPort = settings()
  assert.equal(
    await standsBack(byPort, { port: await administration(context, 'envoy'), annotationsFile: NO_FILE }),
    true,
  )
  assert.equal(byPort.logger.lines.length, 1)
  assert.match(byPort.logger.lines[0]!, /a sidecar runs beside this mesh/)
  const annotationsFile = await annotations(context, 'sidecar.istio.io/status="{}"\n')
  assert.equal(await standsBack(settings(), { port: 1, annotationsFile }), true)
})

test('what is no sidecar is not taken for one: other servers, an agent for gRPC, a process outside a pod', async (context) => {
  const none = { port: 1, annotationsFile: NO_FILE }
  assert.equal(await standsBack(settings(), none), false)
  assert.equal(await standsBack(settings(), { ...none, port: await administration(context, 'nginx') }), false)
  const agent = 'inject.istio.io/templates="grpc-agent"\nsidecar.istio.io/status="{}"\n'
  assert.equal(await standsBack(settings(), { ...none, annotationsFile: await annotations(context, agent) }), false)
  const envoy = { ...none, port: await administration(context, 'envoy') }
  assert.equal(await standsBack(settings({ pod: undefined }), envoy), false)
  assert.equal(await standsBack(settings({ sidecar: 'absent' }), envoy), false)
})

test('a mesh that was asked to decide goes on, and says so', async () => {
  for (const changes of [{ inboundListener: 'required' }, { outboundPolicy: 'registry-only' }] as const) {
    const tested = settings({ sidecar: 'present', ...changes })
    assert.equal(await standsBack(tested), false)
    assert.match(tested.logger.lines.join('\n'), /goes on all the same/)
  }
})

test('beside a sidecar calls go where they would go without the mesh, once each, with the context of their request', async (context) => {
  let calls = 0
  const upstream = createServer(({ headers }, response) => {
    calls += 1
    response.writeHead(503).end(headers.traceparent)
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  context.after(() => upstream.close())
  const { port } = upstream.address() as AddressInfo
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [1]) })
  const options = { config, sidecar: 'present', meshHosts: ['localhost'], logLevel: 'silent' } as const
  const mesh = await openMesh(options, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  assert.deepEqual(mesh.unsupported(), [])
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const server = await mesh.listen(
    async (_request, response) => {
      const answer = await mesh.fetch(`http://localhost:${port}/`)
      assert.equal(answer.status, 503)
      response.end(await answer.text())
    },
    { host: '127.0.0.1', port: 0 },
  )
  const answer = await fetch(`http://127.0.0.1:${server.boundAddress!.port}/`, { headers: { traceparent } })
  assert.equal(await answer.text(), traceparent)
  assert.equal(calls, 1)
})
