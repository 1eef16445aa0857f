import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

const PREFACE_BYTES = 24
const HEAD_BYTES = 9
const SETTINGS = 4
const HEADERS = 1

/** A frame of HTTP/2 (RFC 9113, 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/**
 * Starts a server that answers each request by frames as a test gives them, for what node:http2 does not let a server do.
 *
 * @returns its port.
 */
export async function rawHttp2Server(context: TestContext, answer: (stream: number) => Buffer): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.write(frame(SETTINGS, 0, 0))
    let unread = Buffer.alloc(0)
    let skip = PREFACE_BYTES
    socket.on('data', (data: Buffer) => {
      unread = Buffer.concat([unread, data])
      for (;;) {
        const length = unread.length < skip + HEAD_BYTES ? Number.POSITIVE_INFINITY : unread.readUIntBE(skip, 3)
        if (unread.length < skip + HEAD_BYTES + length) return
        const type = unread.readUInt8(skip + 3)
        if (type === HEADERS) socket.write(answer(unread.readUInt32BE(skip + 5)))
        unread = unread.subarray(skip + HEAD_BYTES + length)
        skip = 0
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
