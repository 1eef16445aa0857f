import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type InboundAdapter, type Mesh, MeshError, type MeshRequest, type MeshServer } from 'inmesh'
import { OWN_COPY } from './own-copy.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the mesh knows of the request. */
    mesh: MeshRequest
  }
  interface FastifyContextConfig {
    /** Whether the server's inbound listener applies to requests of the route. Default true. */
    mesh?: boolean
  }
}

/** Options of the plugin {@link meshFastify}. */
export interface MeshFastifyOptions {
  /** The mesh. */
  readonly mesh: Mesh
  /** Port that the application listens on. Default: the one that it listens on in the end. */
  readonly port?: number
}

const plugin: FastifyPluginCallback<MeshFastifyOptions> = (fastify, { mesh, port }, done) => {
  // A response that began before the drain could not announce that its connection closes; Fastify looks at idle connections only once.
  // An HTTP/2 server has no such method.
  const left = (): void => fastify.server.closeIdleConnections?.()
  try {
    takeIn(fastify, mesh.adapter({ port, copy: OWN_COPY, left }))
    done()
  } catch (error) {
    // Fastify does not catch what a plugin with a callback throws.
    done(error as Error)
  }
}

function takeIn(fastify: FastifyInstance, adapter: InboundAdapter): void {
  // One object for all requests would be shared by them: Fastify wants null here and the value in a hook.
  fastify.decorateRequest('mesh', null as never)
  fastify.addHook('onRequest', (request, reply, next) => {
    // Made anew each time that it is asked for.
    const { config, url } = request.routeOptions
    const proceed = (taken: MeshRequest): void => {
      taken.template = url ?? ''
      request.mesh = taken
      next()
    }
    if (config.mesh === false) {
      const taken = adapter.enter(request.raw, reply.raw)
      adapter.run(taken, () => proceed(taken))
      return
    }
    // Fastify is to leave a response alone that it did not make.
    adapter.admit(request.raw, reply.raw, proceed, () => {
      reply.hijack()
    })
  })
  fastify.addHook('onRoute', ({ config, url, method }) => {
    const { server } = fastify
    // A server of the mesh applies its listener before Fastify knows the route.
    if (config?.mesh === false && isMeshServer(server)) exempt(server, url, method)
  })
  fastify.addHook('onListen', (next) => {
    for (const address of fastify.addresses()) if (typeof address !== 'string') adapter.open(address.port)
    next()
  })
  fastify.addHook('preClose', (next) => {
    adapter.drain()
    next()
  })
}

/** Not by its class: that of another copy of the same version is as good. */
function isMeshServer(server: object): server is MeshServer {
  return typeof (server as Partial<MeshServer>).exempt === 'function'
}

function exempt(server: MeshServer, url: string, methods: string | readonly string[]): void {
  if (/[:*]/.test(url)) {
    const message = `route ${url}: config.mesh cannot be false for a path with parameters behind mesh.serverFactory()`
    throw new MeshError('ERR_INMESH_OPTIONS', message, { place: { field: 'config.mesh' } })
  }
  for (const method of typeof methods === 'string' ? [methods] : methods) server.exempt(url, method)
}

/**
 * Takes requests into a mesh: `await app.register(meshFastify, { mesh })`, before the routes. It sets `request.mesh`, runs handlers in the
 * request's context and, when the application closes, asks callers to go elsewhere while requests in flight end. With a server made by
 * `mesh.serverFactory()` requests have been taken in before, and the plugin adds `request.mesh`.
 */
export const meshFastify: FastifyPluginCallback<MeshFastifyOptions> = fastifyPlugin(plugin, {
  fastify: '5.x',
  name: '@inmesh/fastify',
})
