import type { RequestHandler } from 'express'
import type { Mesh, MeshRequest } from 'inmesh'

declare global {
  namespace Express {
    /** Every request of the application. */
    interface Request {
      /** What the mesh knows of the request; undefined before the middleware has run. */
      mesh?: MeshRequest
    }
  }
}

/**
 * Takes requests into a mesh for an application that owns its server. Use it before everything that makes calls:
 * `app.use(meshExpress(mesh))`. Behind a server made by `mesh.listen()` it has nothing left to do.
 *
 * @param mesh - The mesh.
 * @returns middleware that sets `req.mesh` and runs what follows in the request's context. When the mesh closes, it waits for requests in
 * flight here; closing the server is the application's affair.
 */
export function meshExpress(mesh: Mesh): RequestHandler {
  const adapter = mesh.adapter()
  return (request, response, next) => {
    adapter.run(adapter.enter(request, response), next)
  }
}
