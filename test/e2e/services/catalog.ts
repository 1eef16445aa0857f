// An instance of the catalog: Fastify on a server of the mesh. The mesh is configured by the environment; the instance answers with the
// name given to it.
import type { AddressInfo } from 'node:net'
import { meshFastify } from '@inmesh/fastify'
import Fastify from 'fastify'
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'
import { Failing } from './failing.js'
import { Holding } from './holding.js'

const [server = ''] = process.argv.slice(2)
const mesh = await createMesh()
const holding = new Holding()
const failing = new Failing()
const illness = new Failing()
const app = Fastify({ serverFactory: mesh.serverFactory() })

await app.register(meshFastify, { mesh })
app.get('/products', async (request, reply) => {
  await holding.pass(request.method)
  return reply.status(failing.status).send({ server })
})
app.get('/health', (_request, reply) => reply.status(illness.status).send({ server }))
app.post('/orders', async (request) => {
  await holding.pass(request.method)
  return { server }
})
app.get('/context', async ({ headers, mesh: { timeLeftMs } }) => ({
  server,
  traceparent: headers.traceparent,
  timeLeftMs,
}))

serveCommands(
  {
    ready: () => mesh.ready(),
    listen: async ({ port = 0 }: { port?: number }) => {
      await app.listen({ host: '127.0.0.1', port })
      return (app.server.address() as AddressInfo).port
    },
    hold: () => holding.hold(),
    release: () => holding.release(),
    fail: ({ failing: fails }: { failing: boolean }) => failing.fail(fails),
    sicken: ({ ill }: { ill: boolean }) => illness.fail(ill),
    close: () => mesh.close(),
  },
  () => process.exit(),
)
say({ event: 'started' })
