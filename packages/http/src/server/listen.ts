import { MeshError } from '@inmesh/core'
import type { MeshServer } from './mesh-server.js'

/** Where a server listens. */
export interface ListenOptions {
  /** Port from 0 to 65535; 0 takes any free one. */
  readonly port: number
  /**
   * Address or host name to bind to, and nothing else is bound. Left out, the server takes connections on every address of the machine,
   * as in node:http.
   */
  readonly host?: string
  /** See {@link MeshServer.ready}: false for an application that has to warm up first. Default true. */
  readonly ready?: boolean
  /** Paths, without query strings, whose requests the inbound listener does not apply to. Default: none. */
  readonly exempt?: readonly string[]
  /**
   * Takes HTTP/2 with prior knowledge (h2c) beside HTTP/1.1 on the same port. Its requests have the form of node:http2's compatibility API;
   * Express cannot serve them. Default false.
   */
  readonly http2?: boolean
}

/**
 * Binds a server.
 *
 * @param server - The server.
 * @param options - Where.
 * @returns the server, once it accepts connections.
 * @throws MeshError ERR_INMESH_LISTEN with Node's error as cause: the port is taken, or the address is not one of this machine.
 */
export async function listen(server: MeshServer, options: ListenOptions): Promise<MeshServer> {
  if (options.ready === false) server.ready = false
  for (const path of options.exempt ?? []) server.exempt(path)
  await new Promise<void>((resolve, reject) => {
    const settle = (cause?: Error): void => {
      server.off('error', settle)
      server.off('listening', settle)
      if (cause === undefined) {
        resolve()
        return
      }
      const where = options.host === undefined ? `port ${options.port}` : `${options.host}, port ${options.port}`
      reject(new MeshError('ERR_INMESH_LISTEN', `cannot listen on ${where}: ${cause.message}`, { cause }))
    }
    server.on('error', settle)
    server.on('listening', settle)
    try {
      server.listen({ port: options.port, host: options.host })
    } catch (cause) {
      // Node throws, rather than emits, when the port is out of range.
      settle(cause as Error)
    }
  })
  return server
}
