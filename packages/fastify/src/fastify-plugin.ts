import type { FastifyPluginCallback } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Mesh, MeshRequest } from 'inmesh'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the mesh knows of the request. */
    mesh: MeshRequest
  }
}

/** Options of the plugin {@link meshFastify}. */
export interface MeshFastifyOptions {
  /** The mesh. */
  readonly mesh: Mesh
}

const plugin: FastifyPluginCallback<MeshFastifyOptions> = (fastify, { mesh }, done) => {
  // A response that began before the drain could not announce that its connection closes; Fastify looks at idle connections only once.
  // An HTTP/2 server has no such method.
  const adapter = mesh.adapter(() => fastify.server.closeIdleConnections?.())
  // One object for all requests would be shared by them: Fastify wants null here and the value in a hook.
  fastify.decorateRequest('mesh', null as never)
  fastify.addHook('onRequest', (request, reply, next) => {
    request.mesh = adapter.enter(request.raw, reply.raw)
    adapter.run(request.mesh, next)
  })
  fastify.addHook('preClose', (next) => {
    adapter.drain()
    next()
  })
  done()
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
