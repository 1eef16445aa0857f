import { createHash } from 'node:crypto'
import type { ClientHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { MeshError } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { RawHeaders } from '../legacy-handler.js'
import type { RequestHead } from './request-head.js'
import { TunnelSocket } from './tunnel-socket.js'

/** RFC 6455, 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A request whose stream becomes a connection of its own: CONNECT, or an upgrade by extended CONNECT (RFC 8441). */
export class Tunnel {
  /** Key of the caller's handshake for HTTP/1.1, which HTTP/2 does without; undefined for a plain CONNECT. */
  readonly #key: string | undefined

  private constructor(key: string | undefined) {
    this.#key = key
  }

  /**
   * @param options - As given to `dispatch`.
   * @param head - Its head, which becomes that of an extended CONNECT where an upgrade is asked for.
   * @param allowed - Whether the server takes extended CONNECT.
   * @returns undefined for a request that asks for no tunnel.
   * @throws MeshError `ERR_INMESH_UPGRADE` when the upgrade cannot be made.
   */
  static of(options: Dispatcher.DispatchOptions, head: RequestHead, allowed: boolean): Tunnel | undefined {
    const { method, upgrade } = options
    if (!upgrade) return method === 'CONNECT' ? new Tunnel(undefined) : undefined
    if (String(upgrade).toLowerCase() !== 'websocket') {
      throw new MeshError('ERR_INMESH_UPGRADE', `there is no upgrade to ${upgrade} in HTTP/2`)
    }
    if (!allowed) {
      throw new MeshError(
        'ERR_INMESH_UPGRADE',
        'the endpoint does not take WebSocket over HTTP/2 (RFC 8441): its settings have no ENABLE_CONNECT_PROTOCOL',
      )
    }
    const { fields } = head
    const key = fields['sec-websocket-key']
    delete fields['sec-websocket-key']
    fields[':method'] = 'CONNECT'
    fields[':protocol'] = 'websocket'
    return new Tunnel(typeof key === 'string' ? key : '')
  }

  /**
   * Whether a response opens the tunnel. Any other is one like any other.
   *
   * @param status - HTTP status.
   */
  openedBy(status: number): boolean {
    return status >= 200 && status < 300
  }

  /** Status for the caller, who asked in the words of HTTP/1.1. */
  statusOf(status: number): number {
    return this.#key === undefined ? status : 101
  }

  /**
   * @param stream - The stream of the request.
   * @returns the connection for the caller.
   */
  connectionOf(stream: ClientHttp2Stream): Duplex {
    return this.#key === undefined ? stream : new TunnelSocket(stream)
  }

  /**
   * @param headers - Headers of the response; become those of an answer in HTTP/1.1.
   * @returns the same list.
   */
  headersOf(headers: RawHeaders): RawHeaders {
    if (this.#key === undefined) return headers
    const accept = createHash('sha1').update(`${this.#key}${WEBSOCKET_GUID}`).digest('base64')
    for (const text of ['upgrade', 'websocket', 'connection', 'Upgrade', 'sec-websocket-accept', accept]) {
      headers.push(Buffer.from(text, 'latin1'))
    }
    return headers
  }
}
