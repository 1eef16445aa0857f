import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { int16, int32 } from './big-endian.js'
import { tcpServer } from './tcp-mesh.js'

const API_VERSIONS = 18
const METADATA = 3

/** Just enough of Kafka's protocol for a client to connect and list topics, of a cluster with one broker that is named as the service is. */
export function fakeKafka(context: TestContext, host: string, port: number, topic: string): Promise<number> {
  const serve = (socket: Socket): void => {
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const request = received.subarray(4, 4 + received.readInt32BE(0))
        received = received.subarray(4 + request.length)
        const api = request.readInt16BE(0)
        const body = api === API_VERSIONS ? versions(request.readInt16BE(2)) : metadata(host, port, topic)
        const correlation = request.subarray(4, 8)
        socket.write(Buffer.concat([int32(body.length + 4), correlation, body]))
      }
    })
  }
  return tcpServer(context, serve, false)
}

/** Which requests it knows: these two in the oldest versions. */
function versions(version: number): Buffer {
  const known = [API_VERSIONS, METADATA].map((api) => Buffer.concat([int16(api), int16(0), int16(0)]))
  const throttle = version === 0 ? Buffer.alloc(0) : int32(0)
  return Buffer.concat([int16(0), int32(known.length), ...known, throttle])
}

function metadata(host: string, port: number, topic: string): Buffer {
  const broker = Buffer.concat([int32(1), string(host), int32(port)])
  const described = Buffer.concat([int16(0), string(topic), int32(0)])
  return Buffer.concat([int32(1), broker, int32(1), described])
}

function string(text: string): Buffer {
  return Buffer.concat([int16(text.length), Buffer.from(text)])
}
