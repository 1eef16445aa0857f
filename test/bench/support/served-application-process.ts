import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMesh } from 'inmesh'
import { InboundDirectory } from './inbound-directory.js'

const BODY = Buffer.from('{"id":7,"stars":5,"text":"An excellent read."}')

const application: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length })
  response.end(BODY)
}

const directory = await InboundDirectory.make()
const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
const bare = createServer({ keepAliveTimeout: 60_000 }, application).listen(0, '127.0.0.1')
await once(bare, 'listening')
const meshed = await mesh.listen(application, { port: 0, host: '127.0.0.1' })
const { port } = meshed.boundAddress!
await directory.add(port)
await directory.applied(port)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.once('disconnect', () => {
  void directory.remove().then(() => process.exit())
})
process.send!([(bare.address() as AddressInfo).port, port])
