import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { MemorySocket } from './memory-socket.js'

function pair(clock = new SimulatedClock()) {
  const [client, server] = MemorySocket.pair(clock, 'owner')
  return { client, server, clock }
}

/** To the end, and without closing what was read, as a loop over the stream would. */
async function read(socket: MemorySocket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'end')
  return text
}

test('what is written to one end is read from the other, in order, small pieces and large', async () => {
  const { client, server } = pair()
  const large = 'x'.repeat(100_000)
  server.cork()
  for (const piece of ['a', '', large, 'b']) server.write(piece)
  server.uncork()
  server.cork()
  for (const piece of ['c', 'd']) server.write(piece)
  server.uncork()
  server.end('e')
  assert.equal(await read(client), `a${large}bcde`)
  assert.equal(client.bytesRead, large.length + 5)
  assert.equal(server.bytesWritten, client.bytesRead)
})

test('a writer is asked to wait while the other end does not read, and goes on when it does', async () => {
  const { client, server } = pair()
  const chunk = Buffer.alloc(65_536)
  let written = 0
  while (server.write(chunk)) written++
  assert.ok(written < 10, `${written} chunks were taken`)
  let drained = false
  server.once('drain', () => {
    drained = true
  })
  await new Promise(setImmediate)
  assert.equal(drained, false)
  client.resume()
  await once(server, 'drain')
})

test('the end of the client ends with the other, that of the server may still answer', async () => {
  const first = pair()
  first.client.end('question')
  assert.equal(await read(first.server), 'question')
  first.server.end('answer')
  assert.equal(await read(first.client), 'answer')

  const second = pair()
  second.server.resume().end()
  second.client.resume()
  await once(second.client, 'finish')
})

test('an end that is closed soon closes when the other has read everything', async () => {
  const { client, server } = pair()
  server.write('last words')
  server.destroySoon()
  await new Promise(setImmediate)
  assert.equal(server.destroyed, false)
  assert.equal(await read(client), 'last words')
  assert.equal(server.destroyed, true)
})

test('destroying one end destroys the other, the error stays here', async () => {
  const { client, server } = pair()
  server.on('error', () => assert.fail('told of an error'))
  const failed = once(client, 'error')
  client.destroy(new Error('own'))
  assert.equal(((await failed) as Error[])[0]!.message, 'own')
  assert.deepEqual([server.destroyed, client.readyState, server.readyState], [true, 'closed', 'closed'])
})

test('an idle end says so after its limit and closes nothing; bytes either way put it off', () => {
  const { client, server, clock } = pair()
  let idle = 0
  client.setTimeout(100, () => idle++)
  clock.advance(90)
  client.write('a')
  clock.advance(90)
  server.write('b')
  clock.advance(90)
  assert.equal(idle, 0)
  client.on('timeout', () => idle++)
  clock.advance(10)
  assert.deepEqual([idle, client.destroyed], [2, false])
  clock.advance(1000)
  assert.equal(idle, 2, 'once for each time of idleness')
  client.write('c')
  clock.advance(100)
  assert.equal(idle, 3)
})

test('a limit can be made shorter, longer, and taken away', () => {
  const { client, clock } = pair()
  const times: number[] = []
  const note = () => times.push(clock.now())
  client.setTimeout(1000, note)
  client.setTimeout(10)
  clock.advance(20)
  client.setTimeout(100)
  client.setTimeout(500)
  client.on('timeout', note)
  clock.advance(600)
  client.setTimeout(100)
  client.setTimeout(0, note)
  clock.advance(1000)
  assert.deepEqual(times, [10, 520])
  assert.equal(client.timeout, 0)
})

test('an end that was destroyed leaves no timer', () => {
  const { client, clock } = pair()
  client.setTimeout(100)
  client.destroy()
  client.setTimeout(100)
  assert.equal(clock.nextDue, undefined)
})
