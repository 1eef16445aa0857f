// The orders: held until the test releases them, and answered with what the catalog says. What has to be flushed goes to a collector.
import { request } from 'node:http'
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'
import { Holding } from './holding.js'

const mesh = await createMesh()
const holding = new Holding()
holding.hold()

const server = await mesh.listen(
  async ({ method = '', url }, response) => {
    if (url === '/quick') return response.end()
    await holding.pass(method)
    const answer = await mesh.fetch('http://catalog/products')
    return response.end(await answer.text())
  },
  { host: '127.0.0.1', port: 0, http2: true },
)
mesh.onFlush(
  () =>
    new Promise((resolve, reject) => {
      request(process.env.COLLECTOR!, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end()
    }),
)

serveCommands({
  ready: () => mesh.ready(),
  readiness: () => mesh.readiness(),
  release: () => holding.release(),
  close: async () => {
    const closing = mesh.close()
    say({ event: 'closing', once: mesh.close() === closing })
    await closing
  },
})
say({ event: 'listening', port: server.boundAddress?.port })
