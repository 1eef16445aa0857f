import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { MeshError } from '@inmesh/core'
import type { MeshServer } from '@inmesh/http'

/** What a server of the mesh is made from: options of node:http, and whether it takes HTTP/2 too. */
export interface MeshServerSettings extends ServerOptions {
  /**
   * Takes HTTP/2 with prior knowledge (h2c) beside HTTP/1.1 on the same port. Its requests have the form of node:http2's compatibility API;
   * Express cannot serve them. Default false.
   */
  readonly http2?: boolean
}

/** Makes the server of a framework that wants to be given one, as Fastify's `serverFactory` does. */
export interface ServerFactory {
  (handler: (request: Http2ServerRequest, response: Http2ServerResponse) => void, options: FactoryOptions): Http2Server
  (handler: (request: IncomingMessage, response: ServerResponse) => void, options: FactoryOptions): Server
}

/** Options of a framework, as it hands them to its server factory. */
export type FactoryOptions = Record<string, unknown>

/** What Fastify hands to a server factory and would otherwise set itself. */
interface FrameworkOptions {
  readonly http?: ServerOptions | null
  readonly https?: unknown
  readonly http2?: unknown
  readonly http2SessionTimeout?: number
  readonly keepAliveTimeout?: number
  readonly requestTimeout?: number
  readonly connectionTimeout?: number
  readonly maxRequestsPerSocket?: number
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * A factory for servers that carry a framework's own options.
 *
 * @param create - Makes a server of the mesh.
 */
export function serverFactory(create: (handler: Handler, options: MeshServerSettings) => MeshServer): ServerFactory {
  const make = (handler: Handler, options: FrameworkOptions): Server => {
    if (options.https) {
      throw new MeshError('ERR_INMESH_OPTIONS', 'serverFactory() makes plaintext servers; it cannot carry out https', {
        place: { field: 'https' },
      })
    }
    const http2 = Boolean(options.http2)
    const server = create(handler, { ...options.http, http2 })
    if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout
    if (options.http2SessionTimeout !== undefined) server.http2SessionTimeout = options.http2SessionTimeout
    if (options.requestTimeout !== undefined) server.requestTimeout = options.requestTimeout
    if (options.connectionTimeout) server.timeout = options.connectionTimeout
    if (options.maxRequestsPerSocket) server.maxRequestsPerSocket = options.maxRequestsPerSocket
    return server
  }
  // Which of the two a framework calls depends on its own options; a server of the mesh is good for both.
  return make as unknown as ServerFactory
}
