// Runs beside the instrumentations of OpenTelemetry for node:http and undici, which see the same requests and calls as the mesh.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { before, beforeEach, describe, it } from 'node:test'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import type { Mesh } from 'inmesh'
import { type RecordedSpan, RecordedSpans } from '../support/recorded-spans.js'
import { suiteScope } from '../support/suite-scope.js'
import { ConfigurationDirectory } from './configuration-directory.js'

const INSTRUMENTATION = '@opentelemetry/instrumentation-http'

describe('beside the instrumentations of node:http and undici', () => {
  const suite = suiteScope()
  let spans: RecordedSpans
  let mesh: Mesh
  let requestBy: Readonly<Record<string, (url: string) => Promise<string>>>
  const ports = { mesh: 0, application: 0 }
  const received: (readonly string[])[] = []

  before(async () => {
    spans = RecordedSpans.start(suite, { instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] })
    // They notice what is required from then on.
    const require = createRequire(import.meta.url)
    const http = require('node:http') as typeof import('node:http')
    const axios = require('axios') as typeof import('axios').default
    const { createMesh } = await import('inmesh')
    const { meshExpress } = await import('@inmesh/express')
    const { default: express } = await import('express')
    const { request: undiciRequest } = await import('undici')

    const directory = await ConfigurationDirectory.create(suite, {})
    mesh = await createMesh({ config: directory.path, namespace: 'shop', logLevel: 'silent' })
    suite.after(() => mesh.close())
    const served = await mesh.listen(
      (request, response) => {
        received.push(request.headersDistinct.traceparent ?? [])
        response.end('mesh')
      },
      { port: 0, host: '127.0.0.1' },
    )
    ports.mesh = served.boundAddress!.port
    const app = express()
    app.use(meshExpress(mesh))
    app.get('/items/:id', (request, response) => {
      received.push(request.headersDistinct.traceparent ?? [])
      request.mesh!.tag('shop.tenant', 'north')
      response.end('application')
    })
    const own = http.createServer(app).listen(0, '127.0.0.1')
    await once(own, 'listening')
    suite.after(async () => {
      own.close()
    })
    ports.application = (own.address() as AddressInfo).port
    await directory.write('a.yaml', service('served', ports.mesh))
    await directory.write('b.yaml', service('owned', ports.application))
    for (const name of ['served', 'owned'])
      while (!(await mesh.fetch(`http://${name}/items/0`).catch(() => undefined))?.ok);
    suite.after(async () => mesh.installGlobal()())

    requestBy = {
      'mesh.fetch': async (url) => (await mesh.fetch(url)).text(),
      'the fetch of Node, installed': async (url) => {
        const uninstall = mesh.installGlobal()
        try {
          return await (await fetch(url)).text()
        } finally {
          uninstall()
        }
      },
      'undici with the dispatcher': async (url) =>
        (await undiciRequest(url, { dispatcher: mesh.dispatcher() })).body.text(),
      'http.request with an agent': async (url) => {
        const sent = http.request(url, { agent: mesh.httpAgent() }).end()
        const [response] = await once(sent, 'response')
        let text = ''
        for await (const chunk of response) text += chunk
        return text
      },
      'axios with an agent': async (url) =>
        (await axios.get<string>(url, { httpAgent: mesh.httpAgent(), responseType: 'text' })).data,
    }
  })

  beforeEach(async () => {
    // Those of the requests before end a little later.
    await new Promise((resolve) => setTimeout(resolve, 20))
    spans.clear()
    received.length = 0
  })

  const carriers = [
    'mesh.fetch',
    'the fetch of Node, installed',
    'undici with the dispatcher',
    'http.request with an agent',
    'axios with an agent',
  ]
  for (const carrier of carriers) {
    for (const [name, what] of [
      ['served', 'a server of the mesh'],
      ['owned', 'a server of the application'],
    ] as const) {
      it(`${carrier} to ${what} makes one span of the call and one of the request`, async () => {
        await requestBy[carrier]!(`http://${name}/items/7`)
        const [call, request] = await both(spans)
        assert.equal(request.parentId, call.spanId)
        // Whoever was there first has made it.
        assert.equal(request.scope, name === 'owned' ? INSTRUMENTATION : 'inmesh')
        assert.equal(call.scope, carrier.endsWith('an agent') ? INSTRUMENTATION : 'inmesh')
        assert.deepEqual(received, [[`00-${call.traceId}-${call.spanId}-01`]])
        assert.match(String(call.attributes['inmesh.cluster']), new RegExp(name))
        assert.deepEqual(
          call.events.map((event) => event.name),
          ['inmesh.attempt'],
        )
        assert.equal(request.attributes['shop.tenant'], name === 'owned' ? 'north' : undefined)
      })
    }
  }

  it('hosts outside the mesh have one span of the call and one of the request', async () => {
    await requestBy['mesh.fetch']!(`http://127.0.0.1:${ports.mesh}/`)
    const [call, request] = await both(spans)
    assert.equal(request.parentId, call.spanId)
  })
})

/** The span of the call and that of the request, where there are no others. */
async function both(spans: RecordedSpans): Promise<readonly [RecordedSpan, RecordedSpan]> {
  await spans.ended(2)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const { all } = spans
  const [call, ...calls] = all.filter(({ kind }) => kind === 'CLIENT')
  const [request, ...requests] = all.filter(({ kind }) => kind === 'SERVER')
  assert.deepEqual([...calls, ...requests, ...all.filter(({ kind }) => kind === 'INTERNAL')], [])
  return [call!, request!]
}

function service(name: string, port: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
`
}
