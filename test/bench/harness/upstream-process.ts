import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'

const BODY = Buffer.from('{"id":7,"stars":5,"text":"An excellent read."}')

const ports: number[] = []
for (let index = 0; index < Number(process.argv[2]); index++) {
  const server = process.argv[3] === 'http2' ? http2Server() : httpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push((server.address() as AddressInfo).port)
}
process.send!(ports)
process.once('disconnect', () => process.exit())

function httpServer(): Server {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length })
    response.end(BODY)
  })
  // Connections stay open between blocks.
  server.keepAliveTimeout = 60_000
  return server
}

function http2Server(): Http2Server {
  return createHttp2Server().on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': BODY.length })
    stream.end(BODY)
  })
}
