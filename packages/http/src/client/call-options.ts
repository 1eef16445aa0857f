import { MeshError } from '@inmesh/core'
import type { Dispatcher } from 'undici'

/** What a single call may ask of the mesh. */
export interface MeshCallOptions {
  /**
   * Time limit of the call in milliseconds, all attempts and the response's body included. A positive number. The earliest of this,
   * the limit inherited from the inbound request and the route's timeout counts. Default: none of its own.
   */
  readonly timeoutMs?: number
  /**
   * The request may safely be carried out twice. When a connection breaks after the request was written, the attempt then counts as
   * one whose bytes never left: a policy with `connect-failure` or `reset-before-request` repeats it. A body that was read from a stream
   * is never sent again. Default false.
   */
  readonly idempotent?: boolean
  /**
   * Whether the call ends, with `ERR_INMESH_CANCELLED`, when the caller of the inbound request that it is made for goes away before it has
   * its whole response. Default: true for GET, HEAD and gRPC calls, false for all others. Work that is meant to outlive its request is
   * better `detached`.
   */
  readonly cancelWithParent?: boolean
}

/** Options of `dispatch`, `request`, `stream` and `pipeline` with those of the mesh. */
export type MeshDispatchOptions = Dispatcher.DispatchOptions & {
  /** Options of the mesh for this call. */
  readonly mesh?: MeshCallOptions
}

/**
 * @param options - Options of a call.
 * @returns what is wrong with them, undefined when nothing is.
 */
export function checkCallOptions(options: MeshCallOptions): MeshError | undefined {
  const { timeoutMs, idempotent, cancelWithParent } = options
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    return new MeshError('ERR_INMESH_OPTIONS', `mesh.timeoutMs must be a positive number, not ${String(timeoutMs)}`)
  }
  if (idempotent !== undefined && typeof idempotent !== 'boolean') {
    return new MeshError('ERR_INMESH_OPTIONS', `mesh.idempotent must be a boolean, not ${String(idempotent)}`)
  }
  if (cancelWithParent !== undefined && typeof cancelWithParent !== 'boolean') {
    const given = String(cancelWithParent)
    return new MeshError('ERR_INMESH_OPTIONS', `mesh.cancelWithParent must be a boolean, not ${given}`)
  }
  return undefined
}
