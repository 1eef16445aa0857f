import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const BODY = Buffer.from('{"id":7,"stars":5,"text":"An excellent read."}')

const ports: number[] = []
for (let index = 0; index < Number(process.argv[2]); index++) {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length })
    response.end(BODY)
  })
  // Connections stay open between blocks.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push((server.address() as AddressInfo).port)
}
process.send!(ports)
process.once('disconnect', () => process.exit())
