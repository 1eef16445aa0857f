import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { bodyOf, hungUp, TestUpstream } from '../client/testing/test-upstream.js'
import { AgentFixture, answered, freed } from './testing/agent-fixture.js'

const CHUNK = Buffer.alloc(65_536, 'x')
const CHUNKS = 512

/** A body of 32 MB that counts what was taken of it. */
function bigBody(): { body: Readable; taken: () => number } {
  let taken = 0
  const body = new Readable({
    read() {
      this.push(taken++ < CHUNKS ? CHUNK : null)
    },
  })
  return { body, taken: () => taken }
}

/** Waits until nothing more is taken of a body. */
async function stalled(taken: () => number): Promise<void> {
  for (let before = -1; before !== taken(); ) {
    before = taken()
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  }
}

async function lengthOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let length = 0
  for await (const chunk of stream) length += chunk.length
  return length
}

test('a large body goes up whole, and no faster than its server reads it', async (context) => {
  const mesh = new AgentFixture(context)
  const { body, taken } = bigBody()
  let takenWhilePaused = 0
  const upstream = await TestUpstream.start(context, async (request, response) => {
    await stalled(taken)
    takenWhilePaused = taken()
    response.end(String(await lengthOf(request)))
  })
  mesh.serve([upstream.port])
  const sent = mesh.open({ method: 'POST' })
  const answer = answered(sent)
  await pipeline(body, sent)
  assert.equal((await answer).text, String(CHUNKS * CHUNK.length))
  assert.ok(takenWhilePaused < CHUNKS, `${takenWhilePaused} of ${CHUNKS} chunks were taken`)
})

test('a large body comes down whole, and no faster than its caller reads it', async (context) => {
  const mesh = new AgentFixture(context)
  const { body, taken } = bigBody()
  const upstream = await TestUpstream.start(context, (_request, response) => void body.pipe(response))
  mesh.serve([upstream.port])
  const sent = mesh.open().end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  await stalled(taken)
  assert.ok(taken() < CHUNKS, `${taken()} of ${CHUNKS} chunks were sent`)
  assert.equal(await lengthOf(response), CHUNKS * CHUNK.length)
})

test('the head of a response does not wait for its body, nor a part of it for the next', async (context) => {
  const mesh = new AgentFixture(context)
  const responses: ServerResponse[] = []
  const upstream = await TestUpstream.start(context, (_request, response) => {
    responses.push(response)
    response.flushHeaders()
  })
  mesh.serve([upstream.port])
  const [response] = (await once(mesh.open().end(), 'response')) as [IncomingMessage]
  for (const piece of ['one', 'two']) {
    responses[0]!.write(piece)
    assert.equal(String((await once(response, 'data'))[0]), piece)
  }
  responses[0]!.end()
  await once(response, 'end')
})

test('both bodies can be under way at once', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (request, response) => void request.pipe(response))
  mesh.serve([upstream.port])
  const sent = mesh.open({ method: 'POST' })
  sent.write('ping')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  assert.equal(String((await once(response, 'data'))[0]), 'ping')
  sent.write('pong')
  assert.equal(String((await once(response, 'data'))[0]), 'pong')
  sent.end()
  response.resume()
  await once(response, 'end')
})

test('trailers of a response arrive', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('body')
    response.addTrailers([
      ['x-sum', '1'],
      ['x-Sum', '2'],
    ])
    response.end()
  })
  mesh.serve([upstream.port])
  const { response, text } = await mesh.send()
  assert.deepEqual([text, response.headers.trailer], ['body', 'x-sum'])
  assert.deepEqual(response.rawTrailers, ['x-sum', '1', 'x-Sum', '2'])
})

for (const streamed of [false, true]) {
  test(`trailers of a request are refused, not lost (${streamed ? 'as it streams' : 'at once'})`, async (context) => {
    const mesh = new AgentFixture(context)
    const upstream = await TestUpstream.start(context, (request) => void request.resume())
    mesh.serve([upstream.port])
    const sent = mesh.open({ method: 'POST' })
    sent.write('body')
    if (streamed) await upstream.received(1)
    sent.addTrailers({ 'x-sum': '1' })
    sent.end()
    await assert.rejects(answered(sent), { code: 'ERR_INMESH_UNSUPPORTED' })
    if (streamed) await hungUp(upstream.requests[0]!)
  })
}

test('informational responses are told of, with their headers', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.end('done')
  })
  mesh.serve([upstream.port])
  const sent = mesh.open().end()
  const told: [number, unknown][] = []
  sent.on('information', ({ statusCode, headers }) => told.push([statusCode, headers.link]))
  assert.equal((await answered(sent)).text, 'done')
  assert.deepEqual(told, [
    [102, undefined],
    [103, '</style.css>; rel=preload'],
  ])
})

test('a client that asks whether to send its body is told to when somebody reads it', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, async (request, response) => {
    response.end(await bodyOf(request))
  })
  mesh.serve([upstream.port])
  for (let index = 0; index < 2; index++) {
    const sent = mesh.open({ method: 'POST', headers: { expect: '100-continue' } })
    sent.on('continue', () => sent.end('the body'))
    sent.flushHeaders()
    const { text, response, request } = await answered(sent)
    assert.equal(text, 'the body')
    assert.equal(response.headers.connection, undefined)
    assert.equal(request.reusedSocket, index > 0)
    await freed(mesh.agent)
  }
  assert.equal(upstream.requests[0]!.headers.expect, undefined)
})

test('and is answered without it when nobody does', async (context) => {
  const mesh = new AgentFixture(context)
  mesh.serve([])
  const sent = mesh.open({ method: 'POST', headers: { expect: '100-continue' } })
  sent.on('continue', () => assert.fail('told to send'))
  sent.flushHeaders()
  assert.equal((await answered(sent)).status, 503)
})

test('another expectation is refused', async (context) => {
  const mesh = new AgentFixture(context)
  mesh.serve([])
  await assert.rejects(mesh.send({ headers: { expect: 'a miracle' } }), { code: 'ERR_INMESH_UNSUPPORTED' })
})

test('a request answered before its body was whole does not lose the answer, and its connection serves on', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => response.writeHead(413).end('too large'))
  mesh.serve([upstream.port])
  const sent = mesh.open({ method: 'POST' })
  sent.write(CHUNK)
  const { status, text } = await answered(sent)
  assert.deepEqual([status, text], [413, 'too large'])
  // Node's client tells of no drain after the response.
  for (let index = 0; index < 40; index++) sent.write(CHUNK)
  sent.end()
  await once(sent, 'close')
  const next = await mesh.send()
  assert.deepEqual([next.status, next.request.reusedSocket], [413, true])
})

test('destroying a request ends the call at once', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, () => {})
  mesh.serve([upstream.port])
  const sent = mesh.open().end()
  await upstream.received(1)
  const failed = once(sent, 'error')
  const gone = hungUp(upstream.requests[0]!)
  sent.destroy()
  const [error] = (await failed) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
  await gone
  mesh.assertIdle()
})

test('an AbortSignal ends the call, also one that waits for configuration', async (context) => {
  const mesh = new AgentFixture(context)
  const abort = new AbortController()
  const sent = mesh.open({ signal: abort.signal }).end()
  await once(sent, 'finish')
  const failed = once(sent, 'error')
  abort.abort()
  const [error] = (await failed) as [Error]
  assert.equal(error.name, 'AbortError')
  await mesh.dispatcher.close()
})

test('destroying a response that is being read ends the call', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => void response.write('first'))
  mesh.serve([upstream.port])
  const [response] = (await once(mesh.open().end(), 'response')) as [IncomingMessage]
  await once(response, 'data')
  const gone = hungUp(upstream.requests[0]!)
  response.destroy()
  await gone
})

for (const [where, options] of [
  ['a request', { timeout: 20 }],
  ['its agent', {}],
] as const) {
  test(`the time limit of ${where} is told of, and ends nothing by itself`, async (context) => {
    const mesh = new AgentFixture(context, where === 'its agent' ? { timeout: 20 } : {})
    const responses: ServerResponse[] = []
    const upstream = await TestUpstream.start(context, (_request, response) => void responses.push(response))
    mesh.serve([upstream.port])
    const sent = mesh.open(options).end()
    const answer = answered(sent)
    await Promise.all([once(sent, 'timeout'), upstream.received(1)])
    responses[0]!.end('late')
    assert.equal((await answer).text, 'late')
  })
}

test('setTimeout of a request works, and does not stay on the connection for the next', async (context) => {
  const mesh = new AgentFixture(context)
  const responses: ServerResponse[] = []
  const upstream = await TestUpstream.start(context, (_request, response) => void responses.push(response))
  mesh.serve([upstream.port])
  const sent = mesh.open()
  sent.setTimeout(20)
  sent.end()
  const answer = answered(sent)
  await Promise.all([once(sent, 'timeout'), upstream.received(1)])
  responses[0]!.end()
  await answer
  await freed(mesh.agent)
  const next = mesh.open().end()
  next.on('timeout', () => assert.fail('timed out'))
  const nextAnswer = answered(next)
  await upstream.received(2)
  assert.equal((next.socket as unknown as { timeout: number }).timeout, 0)
  responses[1]!.end()
  assert.equal((await nextAnswer).request.reusedSocket, true)
})
