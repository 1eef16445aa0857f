import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { MeshError } from '@inmesh/core'

/** Makes the server of a framework that wants to be given one, as Fastify's `serverFactory` does. */
export type ServerFactory = (
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: Record<string, unknown>,
) => Server

/** What Fastify hands to a server factory and would otherwise set itself. */
interface FrameworkOptions {
  readonly http?: ServerOptions | null
  readonly https?: unknown
  readonly http2?: unknown
  readonly keepAliveTimeout?: number
  readonly requestTimeout?: number
  readonly connectionTimeout?: number
  readonly maxRequestsPerSocket?: number
}

/**
 * A factory for servers that carry a framework's own options.
 *
 * @param create - Makes a server of the mesh.
 */
export function serverFactory(
  create: (handler: (request: IncomingMessage, response: ServerResponse) => void, options: ServerOptions) => Server,
): ServerFactory {
  return (handler, given) => {
    const options = given as FrameworkOptions
    for (const name of ['https', 'http2'] as const) {
      if (!options[name]) continue
      throw new MeshError(
        'ERR_INMESH_OPTIONS',
        `serverFactory() makes plaintext HTTP/1.1 servers; it cannot carry out ${name}`,
        { place: { field: name } },
      )
    }
    const server = create(handler, options.http ?? {})
    if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout
    if (options.requestTimeout !== undefined) server.requestTimeout = options.requestTimeout
    if (options.connectionTimeout) server.timeout = options.connectionTimeout
    if (options.maxRequestsPerSocket) server.maxRequestsPerSocket = options.maxRequestsPerSocket
    return server
  }
}
