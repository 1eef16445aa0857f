import { AsyncResource } from 'node:async_hooks'
import type { ClientRequest } from 'node:http'
import type { MeshCallOptions } from '../client/call-options.js'
import type { CallProgress } from '../client/call-progress.js'

/**
 * Who made a request with an agent, and what it asked of the mesh. The call runs in its asynchronous context, so that deadline, trace and the
 * spans of others are its own: a connection that was made for another request would lend the context of that.
 */
export class AgentCaller extends AsyncResource {
  readonly request: ClientRequest
  /** Of its call, once that has begun; undefined for one that goes past the mesh. */
  progress: CallProgress | undefined = undefined
  /** Options of the mesh for the request. */
  readonly mesh: MeshCallOptions | undefined

  /**
   * @param request - The request, made by the running code.
   * @param mesh - Options of the mesh for it.
   */
  constructor(request: ClientRequest, mesh: MeshCallOptions | undefined) {
    super('InmeshClientRequest')
    this.request = request
    this.mesh = mesh
  }
}
