import { IncomingMessage } from 'node:http'
import { MeshError } from '@inmesh/core'

/**
 * Refuses an application for HTTP/2 that gives requests the prototype of node:http, as Express does: those of HTTP/2 fail there with the first
 * property that is read, outside of any handler.
 *
 * @param handler - The application.
 * @throws MeshError ERR_INMESH_OPTIONS.
 */
export function refuseHttp1Application(handler: unknown): void {
  const { request } = (handler ?? {}) as { readonly request?: unknown }
  if (!(request instanceof IncomingMessage)) return
  const message = 'http2: applications of Express serve HTTP/1.1 only; leave the option out'
  throw new MeshError('ERR_INMESH_OPTIONS', message, { place: { field: 'http2' } })
}
