import type { RequestHandler } from 'express'
import type { Mesh, MeshRequest } from 'inmesh'
import { OWN_COPY } from './own-copy.js'

declare global {
  namespace Express {
    /** Every request of the application. */
    interface Request {
      /** What the mesh knows of the request; undefined before the middleware has run. */
      mesh?: MeshRequest
    }
  }
}

/** Options of {@link meshExpress}. */
export interface MeshExpressOptions {
  /** Port that the application listens on: its inbound listener is asked for at once. Default: that of the first request. */
  readonly port?: number
}

/**
 * Takes requests into a mesh for an application that owns its server, and applies the server's inbound listener to them. Use it before everything
 * that makes calls: `app.use(meshExpress(mesh))`. What the application handles before it stays out of the mesh, as a health check may.
 * Behind a server made by `mesh.listen()` it has nothing left to do.
 *
 * @param mesh - The mesh.
 * @param options - Where the application listens.
 * @throws MeshError ERR_INMESH_VERSIONS for a mesh of another version.
 * @returns middleware that sets `req.mesh` and runs what follows in the request's context. When the mesh closes, it waits for requests in
 * flight here; closing the server is the application's affair.
 */
export function meshExpress(mesh: Mesh, options: MeshExpressOptions = {}): RequestHandler {
  const adapter = mesh.adapter({ port: options.port, copy: OWN_COPY })
  return (request, response, next) => adapter.admit(request, response, () => next())
}
