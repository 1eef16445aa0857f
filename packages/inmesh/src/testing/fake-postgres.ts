import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { int16, int32 } from './big-endian.js'
import { tcpServer } from './tcp-mesh.js'

/** Just enough of PostgreSQL's protocol for a client to connect and ask: every query is answered with one row that holds the server's name. */
export function fakePostgres(context: TestContext, name: string): Promise<number> {
  return tcpServer(context, (socket) => serve(socket, name), false)
}

const READY = message('Z', Buffer.from('I'))

function serve(socket: Socket, name: string): void {
  let received = Buffer.alloc(0)
  let started = false
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      // The first message has no type.
      const head = started ? 1 : 0
      if (received.length < head + 4) return
      const length = head + received.readInt32BE(head)
      if (received.length < length) return
      const type = started ? String.fromCharCode(received[0]!) : 'startup'
      received = received.subarray(length)
      started = true
      if (type === 'startup') socket.write(Buffer.concat([message('R', int32(0)), READY]))
      else if (type === 'Q') socket.write(answer(name))
      else if (type === 'X') socket.end()
    }
  })
}

function answer(name: string): Buffer {
  const column = Buffer.concat([Buffer.from('server\0'), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])
  const value = Buffer.from(name)
  return Buffer.concat([
    message('T', Buffer.concat([int16(1), column])),
    message('D', Buffer.concat([int16(1), int32(value.length), value])),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ])
}

function message(type: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content])
}
