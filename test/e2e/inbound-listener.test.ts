import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { meshExpress } from '@inmesh/express'
import { meshFastify } from '@inmesh/fastify'
import express from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { createMesh, type Mesh } from 'inmesh'
import { eventually } from '../support/patience.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { marking } from './marking-listener.js'

/** What a handler answers with. */
interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly route: string | null
}

function expressApp(): express.Express {
  return express()
}

function withExpressRoutes(app: express.Express): express.Express {
  return app.get('/', (request, response) => {
    response.json({ headers: request.headers, route: request.mesh?.route ?? null } satisfies Seen)
  })
}

async function ownServer(t: TestContext, app: express.Express): Promise<number> {
  const server: Server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function captured(t: TestContext, mesh: Mesh, app: express.Express): Promise<number> {
  mesh.installGlobal({ servers: { exempt: ['/health'] } })
  app.get('/health', (_request, response) => {
    response.send('healthy')
  })
  return ownServer(t, withExpressRoutes(app))
}

async function fastify(t: TestContext, mesh: Mesh, app: FastifyInstance): Promise<number> {
  t.after(() => app.close())
  await app.register(meshFastify, { mesh })
  app.get('/', async ({ headers, mesh: { route = null } }): Promise<Seen> => ({ headers, route }))
  app.get('/health', { config: { mesh: false } }, async () => 'healthy')
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** Ways to serve: each answers `/` with what it saw, and `/health` whatever the listener says. Gives its port. */
const WAYS: Readonly<Record<string, (t: TestContext, mesh: Mesh) => Promise<number>>> = {
  'Express behind mesh.listen(), with the middleware too': async (_, mesh) => {
    const app = withExpressRoutes(expressApp().use(meshExpress(mesh))).get('/health', (_request, response) => {
      response.send('healthy')
    })
    const server = await mesh.listen(app, { port: 0, host: '127.0.0.1', exempt: ['/health'] })
    return server.boundAddress!.port
  },
  'Express with a server of its own': (t, mesh) => {
    const app = expressApp().get('/health', (_request, response) => {
      response.send('healthy')
    })
    return ownServer(t, withExpressRoutes(app.use(meshExpress(mesh))))
  },
  'Fastify with a server of its own': (t, mesh) => fastify(t, mesh, Fastify()),
  'Fastify behind mesh.serverFactory()': (t, mesh) =>
    fastify(t, mesh, Fastify({ serverFactory: mesh.serverFactory() })),
  'a captured server': (t, mesh) => captured(t, mesh, expressApp()),
  'a captured server, with the middleware too': (t, mesh) => captured(t, mesh, expressApp().use(meshExpress(mesh))),
  'mesh.listen() where servers are captured': async (_, mesh) => {
    mesh.installGlobal({ servers: true })
    const app = withExpressRoutes(expressApp()).get('/health', (_request, response) => {
      response.send('healthy')
    })
    const server = await mesh.listen(app, { port: 0, host: '127.0.0.1', exempt: ['/health'] })
    return server.boundAddress!.port
  },
}

describe('an inbound listener', () => {
  for (const [way, serve] of Object.entries(WAYS)) {
    it(`applies once to ${way}, and follows its changes`, async (t) => {
      const directory = await ConfigurationDirectory.create(t, {})
      const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
      t.after(() => mesh.close({ timeoutMs: 1 }))
      const port = await serve(t, mesh)
      const url = `http://127.0.0.1:${port}`
      const before = await fetch(url)
      assert.equal(before.headers.get('x-out'), null)
      assert.equal(((await before.json()) as Seen).route, null)
      await directory.write('inbound.json', marking(port))
      const { response, seen } = await eventually(
        'the listener applies',
        async () => {
          const response = await fetch(url)
          return { response, seen: (await response.json()) as Seen }
        },
        ({ seen }) => seen.route !== null,
      )
      assert.deepEqual([seen.route, seen.headers['x-in']], ['all', 'once'])
      assert.equal(response.headers.get('x-out'), 'once')
      const broken = await fetch(url, { headers: { 'x-break': '1' } })
      assert.deepEqual([broken.status, await broken.text()], [418, 'fault filter abort'])
      const health = await fetch(`${url}/health`, { headers: { 'x-break': '1' } })
      assert.deepEqual([health.status, await health.text(), health.headers.get('x-out')], [200, 'healthy', null])
    })
  }

  it('is not left by a route of Fastify with parameters behind mesh.serverFactory(), which is refused', async (t) => {
    const directory = await ConfigurationDirectory.create(t, {})
    const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
    t.after(() => mesh.close({ timeoutMs: 1 }))
    const app = Fastify({ serverFactory: mesh.serverFactory() })
    await app.register(meshFastify, { mesh })
    assert.throws(() => app.get('/health/:part', { config: { mesh: false } }, async () => ''), {
      code: 'ERR_INMESH_OPTIONS',
    })
  })
})
