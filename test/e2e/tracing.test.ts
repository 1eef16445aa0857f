import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MeshIncomingMessage } from '@inmesh/http'
import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import { createMesh, type Mesh } from 'inmesh'
import { RecordedSpans } from '../support/recorded-spans.js'
import { suiteScope } from '../support/suite-scope.js'
import { ConfigurationDirectory } from './configuration-directory.js'

const ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const SAMPLED = `00-${ID}-${SPAN}-01`
const UNSAMPLED = `00-${ID}-${SPAN}-00`

type Handler = (request: MeshIncomingMessage, response: ServerResponse) => unknown

describe('spans of requests and calls', () => {
  const suite = suiteScope()
  let spans: RecordedSpans
  let mesh: Mesh
  let front: string
  let frontPort: number
  let reviewsPort: number
  /** What the front does. */
  let handle: Handler
  /** What the reviews were sent, and the statuses that they give first. */
  const received: IncomingHttpHeaders[] = []
  const failures: number[] = []

  before(async () => {
    spans = RecordedSpans.start(suite)
    const reviews = createServer((request, response) => {
      received.push(request.headers)
      response.statusCode = failures.shift() ?? 200
      response.end('fine')
    })
    reviewsPort = await listening(reviews)
    suite.after(async () => {
      reviews.close()
    })
    const gone = createServer()
    const closedPort = await listening(gone)
    gone.close()
    const directory = await ConfigurationDirectory.create(suite, {
      'reviews.yaml': service('reviews', reviewsPort),
      'gone.yaml': service('gone', closedPort),
    })
    mesh = await createMesh({ config: directory.path, namespace: 'shop', logLevel: 'silent' })
    suite.after(() => mesh.close())
    const server = await mesh.listen((request, response) => handle(request, response), { port: 0, host: '127.0.0.1' })
    frontPort = server.boundAddress!.port
    front = `http://127.0.0.1:${frontPort}`
  })

  beforeEach(() => {
    spans.clear()
    received.length = 0
    failures.length = 0
  })

  const ask = (path = '/', headers: Record<string, string> = {}) =>
    new Promise<string>((resolve, reject) => {
      get(`${front}${path}`, { headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(text)
      }).on('error', reject)
    })

  it('are of one trace: of the request, of the work of its handler, of the call, and what is called hears of it', async () => {
    handle = async (_request, response) => {
      await sleep(1)
      await trace.getTracer('app').startActiveSpan('work', async (span) => {
        await sleep(1)
        response.end(await (await mesh.fetch('http://reviews/reviews/7?sig=secret&page=2')).text())
        span.end()
      })
    }
    assert.equal(await ask('/products/7?page=1', { traceparent: SAMPLED, tracestate: 'a=1' }), 'fine')
    const [call, work, request] = await spans.ended(3)
    assert.deepEqual([request!.traceId, request!.parentId], [ID, SPAN])
    assert.deepEqual([work!.parentId, call!.parentId], [request!.spanId, work!.spanId])
    assert.equal(received[0]!.traceparent, `00-${ID}-${call!.spanId}-01`)
    assert.equal(received[0]!.tracestate, 'a=1')
    assert.deepEqual(
      [request!.kind, request!.name, request!.scope, request!.failed],
      ['SERVER', 'GET', 'inmesh', false],
    )
    const { 'network.peer.port': peerPort, ...attributes } = request!.attributes
    assert.equal(typeof peerPort, 'number')
    assert.deepEqual(attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': '/products/7',
      'url.query': 'page=1',
      'server.address': '127.0.0.1',
      'server.port': frontPort,
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
    })
    assert.deepEqual([call!.kind, call!.name, call!.scope, call!.failed], ['CLIENT', 'GET', 'inmesh', false])
    assert.deepEqual(call!.attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': 'http://reviews/reviews/7?sig=REDACTED&page=2',
      'server.address': 'reviews',
      'server.port': 80,
      'network.peer.address': '127.0.0.1',
      'network.peer.port': reviewsPort,
      'network.protocol.version': '1.1',
      'inmesh.route': 'retried',
      'inmesh.cluster': 'outbound|80||reviews.shop.svc.cluster.local',
      'inmesh.endpoint': `127.0.0.1:${reviewsPort}`,
    })
  })

  it('tell of every attempt in an event of the one span', async () => {
    failures.push(503, 503)
    assert.equal((await mesh.fetch('http://reviews/')).status, 200)
    const [call] = await spans.ended(1)
    assert.equal(call!.attributes['http.request.resend_count'], 2)
    assert.deepEqual(
      call!.events.map(({ name, attributes }) => [
        name,
        attributes['inmesh.attempt'],
        attributes['inmesh.endpoint'],
        attributes['http.response.status_code'],
        typeof attributes['inmesh.back_off_ms'],
      ]),
      [
        ['inmesh.attempt', 1, `127.0.0.1:${reviewsPort}`, 503, 'number'],
        ['inmesh.attempt', 2, `127.0.0.1:${reviewsPort}`, 503, 'number'],
        ['inmesh.attempt', 3, `127.0.0.1:${reviewsPort}`, 200, 'undefined'],
      ],
    )
    assert.deepEqual(
      new Set(received.map(({ traceparent }) => traceparent)),
      new Set([`00-${call!.traceId}-${call!.spanId}-01`]),
    )
  })

  it('tell what the mesh answered itself', async () => {
    const { status } = await mesh.fetch('http://gone/')
    const [call] = await spans.ended(1)
    assert.deepEqual(
      [status, call!.failed, call!.attributes['http.response.status_code'], call!.attributes['inmesh.response_flags']],
      [503, true, 503, 'UF,URX'],
    )
    assert.equal(call!.attributes['error.type'], 'ERR_INMESH_CONNECT')
    assert.deepEqual(new Set(call!.events.map(({ attributes }) => attributes['error.type'])), new Set(['connect']))
  })

  it('have an error for a status of 4xx and 5xx at the caller, of 5xx at the server', async () => {
    handle = async (request, response) => {
      response.statusCode = Number(request.url!.slice(1))
      response.end()
    }
    await ask('/404')
    await ask('/500')
    failures.push(404)
    await mesh.fetch('http://reviews/')
    const [notFound, broken, call] = await spans.ended(3)
    assert.deepEqual([notFound!.failed, notFound!.attributes['error.type']], [false, undefined])
    assert.deepEqual([broken!.failed, broken!.attributes['error.type']], [true, '500'])
    assert.deepEqual([call!.failed, call!.attributes['error.type']], [true, '404'])
  })

  it('end with the body of the response, not with its head', async () => {
    let finish!: () => void
    handle = (_request, response) => {
      response.write('a')
      finish = () => response.end('b')
    }
    const response = await mesh.fetch(`${front}/`)
    await sleep(5)
    assert.deepEqual(spans.all, [])
    finish()
    assert.equal(await response.text(), 'ab')
    assert.deepEqual((await spans.ended(2)).map(({ kind }) => kind).sort(), ['CLIENT', 'SERVER'])
  })

  it('of calls past the mesh are there too', async () => {
    handle = (_request, response) => response.end('here')
    await (await mesh.fetch(`${front}/x`)).text()
    const all = await spans.ended(2)
    const call = all.find(({ kind }) => kind === 'CLIENT')!
    const request = all.find(({ kind }) => kind === 'SERVER')!
    assert.equal(request.parentId, call.spanId)
    assert.deepEqual(
      [call.attributes['server.port'], call.attributes['inmesh.cluster'], call.attributes['url.full']],
      [frontPort, undefined, `${front}/x`],
    )
  })

  it('tell that the caller went away', async () => {
    const begun = new Promise<void>((resolve) => {
      handle = () => resolve()
    })
    const sent = get(front)
    sent.on('error', () => {})
    await begun
    sent.destroy()
    const [request] = await spans.ended(1)
    assert.deepEqual(
      [request!.failed, request!.attributes['error.type'], request!.attributes['inmesh.response_flags']],
      [false, 'cancelled', 'DC'],
    )
  })

  it('have what the application notes', async () => {
    handle = (request, response) => {
      request.mesh.tag('shop.tenant', 'north')
      response.end()
    }
    await ask()
    assert.equal((await spans.ended(1))[0]!.attributes['shop.tenant'], 'north')
  })

  it('are active in the events of the request, and in work that is detached from it', async () => {
    const seen = new Map<string, string | undefined>()
    const note = (what: string) => seen.set(what, trace.getActiveSpan()?.spanContext().spanId)
    handle = (request, response) => {
      note('handler')
      request.on('end', () => {
        note('end')
        setTimeout(() => {
          note('timer')
          void mesh.detached(async () => {
            await sleep(1)
            note('detached')
            response.end()
          })
        }, 1)
      })
      request.resume()
    }
    await ask()
    const [request] = await spans.ended(1)
    assert.deepEqual(
      [...seen],
      ['handler', 'end', 'timer', 'detached'].map((what) => [what, request!.spanId]),
    )
  })

  it('are children of the innermost span in detached work', async () => {
    handle = (_request, response) =>
      trace.getTracer('app').startActiveSpan('work', async (span) => {
        await mesh.detached(async () => (await mesh.fetch('http://reviews/')).text())
        span.end()
        response.end()
      })
    await ask()
    const [call, work] = await spans.ended(3)
    assert.deepEqual([work!.name, call!.parentId], ['work', work!.spanId])
  })

  it('go on from what was captured, in another place', async () => {
    let captured!: ReturnType<Mesh['context']['capture']>
    handle = (_request, response) =>
      trace.getTracer('app').startActiveSpan('take', (span) => {
        captured = mesh.context.capture()
        span.end()
        response.end()
      })
    await ask()
    const [take] = await spans.ended(2)
    spans.clear()
    await mesh.context.restore(captured, async () => {
      trace.getTracer('app').startSpan('carry out').end()
      await mesh.fetch('http://reviews/')
    })
    const later = await spans.ended(2)
    assert.deepEqual(
      later.map(({ traceId, parentId }) => [traceId, parentId]),
      [
        [take!.traceId, take!.spanId],
        [take!.traceId, take!.spanId],
      ],
    )
  })

  it('of a trace that is not to be sampled are not told, and the trace goes on', async () => {
    handle = async (_request, response) => response.end(await (await mesh.fetch('http://reviews/')).text())
    await ask('/', { traceparent: UNSAMPLED })
    await ask('/', { traceparent: SAMPLED })
    await spans.ended(2)
    assert.match(String(received[0]!.traceparent), new RegExp(`^00-${ID}-(?!${SPAN})[0-9a-f]{16}-00$`))
    assert.match(String(received[1]!.traceparent), /-01$/)
    assert.equal(spans.all.length, 2)
  })

  it('go on in B3 where the request came in B3', async () => {
    handle = async (_request, response) => response.end(await (await mesh.fetch('http://reviews/')).text())
    await ask('/', { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1', 'x-b3-parentspanid': SPAN })
    const [call, request] = await spans.ended(2)
    assert.equal(request!.parentId, SPAN)
    const { b3, traceparent, 'x-b3-traceid': id, 'x-b3-spanid': span, 'x-b3-sampled': sampled } = received[0]!
    assert.deepEqual(
      [b3, traceparent, id, span, sampled],
      [undefined, `00-${ID}-${call!.spanId}-01`, ID, call!.spanId, '1'],
    )
    assert.equal(received[0]!['x-b3-parentspanid'], undefined)
  })

  it('are not begun where a request says in B3 that it is not to be recorded', async () => {
    handle = async (_request, response) => response.end(await (await mesh.fetch('http://reviews/')).text())
    await ask('/', { b3: '0' })
    assert.match(String(received[0]!.b3), /^[0-9a-f]{32}-[0-9a-f]{16}-0$/)
    assert.deepEqual(spans.all, [])
  })

  it('take the place of a trace that the application puts into the headers itself, once', async () => {
    const headers: Record<string, string> = {}
    await trace.getTracer('app').startActiveSpan('work', async (span) => {
      propagation.inject(context.active(), headers)
      await mesh.fetch('http://reviews/', { headers })
      span.end()
    })
    const [call, work] = await spans.ended(2)
    assert.deepEqual([call!.kind, call!.parentId], ['CLIENT', work!.spanId])
    assert.equal(received[0]!.traceparent, `00-${work!.traceId}-${call!.spanId}-01`)
    spans.clear()
    await mesh.fetch('http://reviews/', { headers: { traceparent: SAMPLED } })
    assert.deepEqual(
      (await spans.ended(1)).map(({ traceId, parentId }) => [traceId, parentId]),
      [[ID, SPAN]],
    )
  })

  it('are joined by the mesh where whoever makes a call has made one for it', async () => {
    const span = trace.getTracer('client').startSpan('GET', { kind: SpanKind.CLIENT })
    const active = trace.setSpan(context.active(), span)
    const headers: Record<string, string> = {}
    propagation.inject(active, headers)
    await context.with(active, () => mesh.fetch('http://reviews/', { headers }))
    span.end()
    assert.deepEqual(
      spans.all.map(({ scope, attributes }) => [scope, attributes['inmesh.route']]),
      [['client', 'retried']],
    )
    assert.equal(received[0]!.traceparent, `00-${spans.all[0]!.traceId}-${spans.all[0]!.spanId}-01`)
  })

  it('carry the baggage that the application sets by OpenTelemetry, and show it the one that came', async () => {
    let came: string | undefined
    handle = async (_request, response) => {
      const baggage = propagation.getActiveBaggage()!
      came = baggage.getEntry('user')?.value
      await mesh.fetch('http://reviews/')
      const changed = propagation.setBaggage(context.active(), baggage.setEntry('plan', { value: 'a b' }))
      await context.with(changed, () => mesh.fetch('http://reviews/'))
      response.end()
    }
    await ask('/', { baggage: 'user=7;p=1' })
    assert.equal(came, '7')
    assert.deepEqual(
      received.map(({ baggage }) => baggage),
      ['user=7;p=1', 'user=7,plan=a%20b'],
    )
  })
})

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
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
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}]
  http:
    - name: retried
      route: [{ destination: { host: ${name} } }]
      retries: { attempts: 2, retryOn: "5xx,connect-failure" }
`
}
