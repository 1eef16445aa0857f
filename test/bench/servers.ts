import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { meshExpress } from '@inmesh/express'
import { meshFastify } from '@inmesh/fastify'
import express, { type Express } from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { createMesh, type Mesh } from 'inmesh'
import type { Row } from './harness/benchmark.js'
import { Caller } from './harness/caller.js'
import { type Block, compareBlocks } from './harness/paired.js'
import { InboundDirectory } from './support/inbound-directory.js'

const BOOK = { id: 7, stars: 5, text: 'An excellent read.' }

/** What a peer of the mesh sends: all of it goes into the context of the request. */
const HEADERS = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'x-envoy-expected-rq-timeout-ms': '2000',
}

const CONCURRENCY = 32

/** A server that listens on a port of 127.0.0.1. */
interface Served {
  readonly port: number
  close(): Promise<unknown>
}

/**
 * Applications of Express and Fastify that the mesh serves, against the same application on a server of its own. Every request has a context;
 * once without an inbound listener, and once behind one whose routes and filters each request passes.
 */
export async function benchServers(): Promise<readonly Row[]> {
  const directory = await InboundDirectory.make()
  const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
  const caller = new Caller()
  const rows: Row[] = []
  const pairs: readonly [what: string, target: number, bare: () => Promise<Served>, mesh: () => Promise<Served>][] = [
    ['Express behind mesh.listen()', 1.1, () => own(bareExpress()), () => listening(mesh, bareExpress())],
    ['Express with meshExpress()', 1.1, () => own(bareExpress()), () => own(adaptedExpress(mesh))],
    ['Fastify on mesh.serverFactory()', 1.15, () => fastify(), () => fastify({ mesh })],
    ['Fastify with meshFastify', 1.15, () => fastify(), () => fastify({ mesh, plugin: true })],
  ]
  for (const [what, target, startBare, startMesh] of pairs) {
    const bare = await startBare()
    for (const listener of [false, true]) {
      const served = await startMesh()
      if (listener) {
        await directory.add(served.port)
        await directory.applied(served.port)
      }
      rows.push(
        await compareBlocks({
          what: listener ? 'the same behind an inbound listener' : `${what}, with the context of each request`,
          bare: calls(caller, bare.port),
          mesh: calls(caller, served.port),
          target,
          perBlock: 500,
          rounds: 21,
        }),
      )
      await served.close()
    }
    await bare.close()
  }
  await caller.stop()
  await mesh.close({ timeoutMs: 1 })
  await directory.remove()
  return rows
}

function calls(caller: Caller, port: number): Block {
  return (count) => caller.call({ port, path: '/books/7?full=1', headers: HEADERS, count, concurrency: CONCURRENCY })
}

function bareExpress(): Express {
  return express().get('/books/:id', (_, response) => void response.json(BOOK))
}

function adaptedExpress(mesh: Mesh): Express {
  return express()
    .use(meshExpress(mesh))
    .get('/books/:id', (_, response) => void response.json(BOOK))
}

async function own(app: Express): Promise<Served> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return asServed(server)
}

async function listening(mesh: Mesh, app: Express): Promise<Served> {
  return asServed(await mesh.listen(app, { port: 0, host: '127.0.0.1' }))
}

function asServed(server: Server): Served {
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port, close }
}

async function fastify({ mesh, plugin = false }: { mesh?: Mesh; plugin?: boolean } = {}): Promise<Served> {
  const app: FastifyInstance =
    mesh !== undefined && !plugin ? Fastify({ serverFactory: mesh.serverFactory() }) : Fastify()
  if (mesh !== undefined) await app.register(meshFastify, { mesh })
  app.get('/books/:id', () => BOOK)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const close = (): Promise<void> => {
    app.server.closeAllConnections()
    return app.close()
  }
  return { port: (app.server.address() as AddressInfo).port, close }
}
