import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { MeshError } from '@inmesh/core'
import { request } from 'undici'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'

const ID = '0af7651916cd43dd8448eb211c80319c'
const TRACE = `00-${ID}-b7ad6b7169203331-01`
const EXPECTED = 'x-envoy-expected-rq-timeout-ms'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

type Handler = (mesh: Mesh, exchange: Exchange) => unknown

/** A service with a mesh of its own that knows the services given. */
async function service(
  context: TestContext,
  handler: Handler,
  known: Readonly<Record<string, number>> = {},
  options: MeshOptions = {},
) {
  const files = Object.entries(known).map(([name, port]) => [`${name}.yaml`, serviceEntry(name, [port])] as const)
  const config = await meshDirectory(context, Object.fromEntries(files))
  const mesh = await openMesh({ namespace: 'shop', logLevel: 'silent', config, ...options }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  await mesh.ready()
  const handle = (request: IncomingMessage, response: ServerResponse) => void handler(mesh, { request, response })
  const server = await mesh.listen(handle, { port: 0, host: '127.0.0.1' })
  return { mesh, config, port: (server.address() as AddressInfo).port }
}

/** Answers with what the next service answers to the same request, and gives it. */
async function forward(mesh: Mesh, { request, response }: Exchange, next: string): Promise<string> {
  const { method } = request
  const headers = { 'content-type': request.headers['content-type'] ?? 'text/plain' }
  const answer = await mesh.fetch(`http://${next}/`, { method, headers }).then(
    (given) => given.text(),
    ({ cause }) => String(cause.code),
  )
  response.end(answer)
  return answer
}

/** A -> B -> C; C answers when it is told to. */
async function chain(context: TestContext) {
  const atC = deferred<Exchange>()
  const atB = deferred<Exchange>()
  const atA = deferred<Exchange & { readonly answer: Promise<string> }>()
  const c = await service(context, (_mesh, exchange) => atC.resolve(exchange))
  const b = await service(
    context,
    (mesh, exchange) => {
      atB.resolve(exchange)
      void forward(mesh, exchange, 'c')
    },
    { c: c.port },
  )
  const a = await service(
    context,
    (mesh, exchange) => atA.resolve({ ...exchange, answer: forward(mesh, exchange, 'b') }),
    { b: b.port },
  )
  return { port: a.port, atA: atA.promise, atB: atB.promise, atC: atC.promise }
}

function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Sends a request without a body. */
function call(port: number, options: { method?: string; headers?: Record<string, string> } = {}) {
  const sent = send({ host: '127.0.0.1', port, ...options }).end()
  sent.on('error', () => {})
  return sent
}

async function text(answer: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of answer) body += chunk
  return body
}

const GRPC = { 'content-type': 'application/grpc' }

describe('when the client of the first of three services goes away', () => {
  const cancelled: [what: string, options: Parameters<typeof call>[1]][] = [
    ['GET', {}],
    ['gRPC call', { method: 'POST', headers: GRPC }],
  ]
  for (const [what, options] of cancelled) {
    test(`a ${what} ends at the last of them`, async (context) => {
      const { port, atA, atC } = await chain(context)
      const client = call(port, options)
      const { response } = await atC
      const closed = once(response, 'close')
      client.destroy()
      await closed
      assert.equal(response.writableFinished, false)
      assert.equal(await (await atA).answer, 'ERR_INMESH_CANCELLED')
    })
  }

  test('a POST goes on to its end', async (context) => {
    const { port, atA, atC } = await chain(context)
    const client = call(port, { method: 'POST' })
    const { response } = await atC
    const { response: unread, answer } = await atA
    const gone = once(unread, 'close')
    client.destroy()
    await gone
    response.end('done')
    assert.equal(await answer, 'done')
  })
})

test('a deadline shrinks from hop to hop', async (context) => {
  const { port, atB, atC } = await chain(context)
  const client = call(port, { headers: { [EXPECTED]: '60000', traceparent: TRACE } })
  const { request, response } = await atC
  response.end('done')
  const [answer] = (await once(client, 'response')) as [IncomingMessage]
  assert.equal(await text(answer), 'done')
  const [first, second] = [(await atB).request, request].map(({ headers }) => Number(headers[EXPECTED]))
  assert.ok(first! <= 60_000 && second! <= first! && second! > 0, `${first} ms, then ${second} ms`)
  assert.equal(request.headers.traceparent, TRACE)
})

test('a gRPC request hands the time left on as both headers', async (context) => {
  const { port, atC } = await chain(context)
  const headers = { ...GRPC, 'grpc-timeout': '30S', baggage: 'user=7', priority: 'u=1' }
  const client = call(port, { method: 'POST', headers })
  const { request, response } = await atC
  response.end()
  await once(client, 'response')
  const leftMs = Number(/^(\d+)m$/.exec(String(request.headers['grpc-timeout']))?.[1])
  assert.ok(leftMs > 0 && leftMs <= 30_000)
  assert.equal(Number(request.headers[EXPECTED]), leftMs)
  assert.deepEqual([request.headers.baggage, request.headers.priority], ['user=7', 'u=1'])
})

/** Tells what it was sent. */
const echo: Handler = (_mesh, { request, response }) => response.end(JSON.stringify(request.headers))
const INBOUND = { [EXPECTED]: '60000', traceparent: TRACE, tracestate: 'a=1', baggage: 'user=7', priority: 'u=1' }

/** The headers of a request as far as they were carried. */
function carried(headers: IncomingHttpHeaders): Record<string, unknown> {
  const { traceparent, tracestate, baggage, priority, [EXPECTED]: expected } = headers
  return { traceparent, tracestate, baggage, priority, limited: expected !== undefined }
}

const ALL = { traceparent: TRACE, tracestate: 'a=1', baggage: 'user=7', priority: 'u=1', limited: true }
const TRACE_ONLY = { traceparent: TRACE, tracestate: 'a=1', baggage: undefined, priority: undefined, limited: false }

const B3 = { 'x-b3-traceid': ID, 'x-b3-spanid': 'b7ad6b7169203331', 'x-b3-sampled': '1' }

for (const [what, options, sent, received] of [
  ['a trace that came in B3 goes on in B3 and in W3C', {}, B3, { ...B3, traceparent: TRACE }],
  [
    'a trace is told in the formats of the option, whatever it came in',
    { propagation: ['b3'] },
    { traceparent: TRACE },
    { b3: `${ID}-b7ad6b7169203331-1` },
  ],
] as const) {
  test(`${what}, with no help of the application`, async (context) => {
    const reviews = await service(context, echo)
    const front = await service(
      context,
      async (mesh, { response }) => response.end(await (await mesh.fetch('http://reviews/')).text()),
      { reviews: reviews.port },
      options,
    )
    const [answer] = (await once(call(front.port, { headers: sent }), 'response')) as [IncomingMessage]
    const headers = Object.entries(JSON.parse(await text(answer)) as IncomingHttpHeaders)
    assert.deepEqual(Object.fromEntries(headers.filter(([name]) => /b3|^trace/.test(name))), received)
  })
}

test('a call of work that goes on after the response carries the trace only', async (context) => {
  const late = deferred<unknown>()
  const reviews = await service(context, echo)
  const front = await service(
    context,
    async (mesh, { response }) => {
      const before = await (await mesh.fetch('http://reviews/')).json()
      response.end(JSON.stringify(before))
      const ended = once(response, 'close')
      late.resolve(ended.then(async () => (await mesh.fetch('http://reviews/')).json()))
    },
    { reviews: reviews.port },
  )
  const [answer] = (await once(call(front.port, { headers: INBOUND }), 'response')) as [IncomingMessage]
  assert.deepEqual(carried(JSON.parse(await text(answer))), ALL)
  assert.deepEqual(carried((await late.promise) as IncomingHttpHeaders), TRACE_ONLY)
})

test('detached work has no deadline and outlives its caller, with the fetch of Node too', async (context) => {
  const begun = deferred<void>()
  const results = deferred<IncomingHttpHeaders[]>()
  let answer = () => {}
  let waiting = 0
  const gate = deferred<void>()
  const reviews = await service(context, async (mesh, exchange) => {
    if (++waiting === 2) begun.resolve()
    await gate.promise
    echo(mesh, exchange)
  })
  answer = gate.resolve
  const front = await service(
    context,
    (mesh, { response }) => {
      const dispatcher = mesh.dispatcher() as never
      const work = mesh.detached(
        () => [mesh.fetch('http://reviews/'), fetch('http://reviews/', { dispatcher })] as const,
      )
      response.on('close', async () => {
        answer()
        const answers = await Promise.all(work)
        results.resolve((await Promise.all(answers.map((each) => each.json()))) as IncomingHttpHeaders[])
      })
    },
    { reviews: reviews.port },
  )
  const client = call(front.port, { headers: INBOUND })
  await begun.promise
  client.destroy()
  for (const seen of await results.promise) assert.deepEqual(carried(seen), { ...ALL, limited: false })
})

/** Makes a call and gives the code of the error that it fails with. */
const carriers: Readonly<Record<string, (mesh: Mesh) => Promise<unknown>>> = {
  'mesh.fetch': (mesh) => mesh.fetch('http://reviews/').catch(({ cause }) => cause.code),
  'the fetch of Node': (mesh) =>
    fetch('http://reviews/', { dispatcher: mesh.dispatcher() as never }).catch(({ cause }) => cause.code),
  "undici's request": (mesh) =>
    request('http://reviews/', { dispatcher: mesh.dispatcher() }).catch(({ code }: MeshError) => code),
  'http.get with an agent': async (mesh) => {
    const [error] = await once(get('http://reviews/', { agent: mesh.httpAgent() }), 'error')
    return error.code
  },
}
for (const [carrier, code] of Object.entries(carriers)) {
  test(`${carrier} fails with ERR_INMESH_CANCELLED when the caller goes away, and is not begun afterwards`, async (context) => {
    const arrived = deferred<void>()
    const codes = deferred<unknown[]>()
    let received = 0
    const reviews = await service(context, () => {
      received++
      arrived.resolve()
    })
    const front = await service(
      context,
      async (mesh, { response }) => {
        const both = [await code(mesh), await code(mesh)]
        response.end()
        codes.resolve(both)
      },
      { reviews: reviews.port },
    )
    const client = call(front.port)
    await arrived.promise
    client.destroy()
    assert.deepEqual(await codes.promise, ['ERR_INMESH_CANCELLED', 'ERR_INMESH_CANCELLED'])
    assert.equal(received, 1)
  })
}

test('the consumer of a queue works for the request that its message comes from', async (context) => {
  const reviews = await service(context, echo)
  const queue: string[] = []
  const front = await service(
    context,
    (mesh, { response }) => {
      queue.push(JSON.stringify({ order: 7, context: mesh.context.capture() }))
      response.end()
    },
    { reviews: reviews.port },
  )
  await once(call(front.port, { headers: INBOUND }), 'response')
  const { order, context: captured } = JSON.parse(queue[0]!)
  const seen = await front.mesh.context.restore(captured, async () => {
    const response = await front.mesh.fetch('http://reviews/')
    return (await response.json()) as IncomingHttpHeaders
  })
  assert.equal(order, 7)
  assert.deepEqual(carried(seen), ALL)
  const left = Number(seen[EXPECTED])
  assert.ok(left > 0 && left <= 60_000, `${left} ms left`)
})

test('a worker thread works for the request that sent it its context', async (context) => {
  const reviews = await service(context, echo)
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [reviews.port]) })
  const worker = new Worker(new URL('../testing/restoring-worker.js', import.meta.url), { workerData: config })
  const ended = once(worker, 'exit')
  const front = await service(context, (mesh, { response }) => {
    worker.once('message', (seen) => response.end(JSON.stringify(seen)))
    worker.postMessage(mesh.context.capture())
  })
  const [answer] = (await once(call(front.port, { headers: INBOUND }), 'response')) as [IncomingMessage]
  const seen = JSON.parse(await text(answer)) as IncomingHttpHeaders
  assert.deepEqual(carried(seen), ALL)
  const left = Number(seen[EXPECTED])
  assert.ok(left > 0 && left <= 60_000, `${left} ms left`)
  await ended
})
