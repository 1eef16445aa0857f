import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ClientFixture } from './testing/client-fixture.js'
import { closedPort, hungUp, TestUpstream } from './testing/test-upstream.js'

const CHUNK = Buffer.alloc(65_536, 'x')

/** A body of 32 MB that counts what was taken of it. */
function bigBody(): { body: Readable; taken: () => number } {
  let taken = 0
  const body = new Readable({
    read() {
      this.push(taken++ < 512 ? CHUNK : null)
    },
  })
  return { body, taken: () => taken }
}

test('a large body goes up whole, and no faster than its server reads it', async (context) => {
  const mesh = new ClientFixture(context)
  let takenWhilePaused = 0
  const { body, taken } = bigBody()
  const upstream = await TestUpstream.start(context, async (request, response) => {
    // The kernel's buffers fill, then nothing moves until this server reads.
    for (let before = -1; before !== taken(); ) {
      before = taken()
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    }
    takenWhilePaused = taken()
    const hash = createHash('sha256')
    for await (const chunk of request) hash.update(chunk as Buffer)
    response.end(hash.digest('hex'))
  })
  mesh.serve([upstream.port])
  const hash = createHash('sha256')
  for (let index = 0; index < 512; index++) hash.update(CHUNK)
  assert.equal((await mesh.request('/', { method: 'POST', body })).text, hash.digest('hex'))
  assert.ok(takenWhilePaused < 512, `${takenWhilePaused} of 512 chunks were taken before the server read any`)
})

test('a large body comes down whole, and no faster than its caller reads it', async (context) => {
  const mesh = new ClientFixture(context)
  const { body: source, taken } = bigBody()
  const upstream = await TestUpstream.start(context, (_request, response) => void source.pipe(response))
  mesh.serve([upstream.port])
  const { body } = await mesh.response()
  for (let before = -1; before !== taken(); ) {
    before = taken()
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  }
  assert.ok(taken() < 512, `${taken()} of 512 chunks were sent before the caller read any`)
  let length = 0
  for await (const chunk of body) length += (chunk as Buffer).length
  assert.equal(length, 512 * CHUNK.length)
  mesh.assertIdle()
})

test('a response that breaks off ends with ERR_INMESH_RESET and the connection error as cause', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => request.socket.destroy())
  })
  mesh.serve([upstream.port])
  const { statusCode, body } = await mesh.response()
  assert.equal(statusCode, 200)
  await assert.rejects(body.text(), (error: Error & { code: string; cause: { code: string } }) => {
    assert.deepEqual([error.code, error.cause.code], ['ERR_INMESH_RESET', 'UND_ERR_SOCKET'])
    return true
  })
  mesh.assertIdle()
})

test('an error of the body itself reaches the caller as it is, whatever kind of body', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (request) => void request.resume())
  mesh.serve([upstream.port])
  const broken = async function* (): AsyncGenerator<string> {
    const before = upstream.requests.length
    yield 'begun'
    await upstream.received(before + 1)
    throw new Error('the disk is gone')
  }
  for (const body of [broken(), Readable.from(broken())]) {
    await assert.rejects(mesh.request('/', { method: 'POST', body }), { message: 'the disk is gone' })
    await hungUp(upstream.requests.at(-1)!)
  }
  mesh.assertIdle()
})

test('an error of the body while the target is pending ends the request and not the process', async (context) => {
  const mesh = new ClientFixture(context)
  const body = new Readable({ read() {} })
  const pending = assert.rejects(mesh.request('/', { method: 'POST', body }), { message: 'the disk is gone' })
  body.destroy(new Error('the disk is gone'))
  await pending
})

test('a body that was not read because the mesh itself answered is let go of', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([await closedPort()])
  const body = createReadStream(fileURLToPath(import.meta.url))
  assert.equal((await mesh.request('/', { method: 'POST', body })).status, 503)
  assert.equal(body.destroyed, true)
})

test('an inbound request that is passed on stays open when the mesh itself answers, so that it can be answered', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([await closedPort()])
  const gateway = await TestUpstream.start(context, async (request, response) => {
    const { status } = await mesh.request('/', { method: 'POST', body: request })
    response.statusCode = status
    response.end()
  })
  const origin = `http://127.0.0.1:${gateway.port}`
  assert.equal((await mesh.request('/', { origin, method: 'POST', body: Readable.from(['x']) })).status, 503)
})
