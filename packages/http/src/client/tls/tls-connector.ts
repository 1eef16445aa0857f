import type { Socket } from 'node:net'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'
import type { Clock, Timer } from '@inmesh/core'
import { type buildConnector, errors } from 'undici'
import type { EndpointConnector } from '../endpoint-connector.js'
import type { ConnectionSecurity } from './connection-security.js'

/** Makes connections to an endpoint and secures them, within the time that the cluster allows for both. */
export class TlsConnector {
  readonly #plain: EndpointConnector
  readonly #security: ConnectionSecurity
  readonly #protocols: readonly string[]
  readonly #clock: Clock

  /**
   * @param plain - Makes the connections.
   * @param security - How they are secured.
   * @param protocols - Protocols that can be spoken over them (ALPN), unless `security` offers its own.
   * @param clock - Time.
   */
  constructor(plain: EndpointConnector, security: ConnectionSecurity, protocols: readonly string[], clock: Clock) {
    this.#plain = plain
    this.#security = security
    this.#protocols = security.protocols ?? protocols
    this.#clock = clock
  }

  /** In the shape that undici takes. */
  readonly connect: buildConnector.connector = (options, callback) => {
    const { timeoutMs } = this.#plain
    const limit = this.#clock.now() + timeoutMs
    this.#plain.connect(options, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null)
        return
      }
      new Handshake(this.#secure(socket), callback).begin(this.#clock, limit, timeoutMs)
    })
  }

  #secure(socket: Socket): TLSSocket {
    const { context, serverName, verify } = this.#security
    const secured = connectSecurely({
      socket,
      secureContext: context,
      servername: serverName,
      ...(this.#protocols.length > 0 && { ALPNProtocols: [...this.#protocols] }),
      checkServerIdentity: (_name, certificate) => verify(certificate),
      // Said, as the environment could else turn it off. Sessions are not kept: who resumes one is not verified again.
      rejectUnauthorized: true,
    })
    secured.disableRenegotiation()
    return secured
  }
}

/** One connection on its way from TCP to TLS. */
class Handshake {
  readonly #socket: TLSSocket
  readonly #callback: buildConnector.Callback
  #timer: Timer | undefined = undefined
  #done = false

  constructor(socket: TLSSocket, callback: buildConnector.Callback) {
    this.#socket = socket
    this.#callback = callback
  }

  begin(clock: Clock, limit: number, timeoutMs: number): void {
    const late = (): void => {
      this.#socket.destroy(new errors.ConnectTimeoutError(`no TLS connection within ${timeoutMs} ms`))
    }
    this.#timer = clock.setTimer(Math.max(0, limit - clock.now()), late, true)
    this.#socket.once('secureConnect', () => this.#end(null))
    // Stays for good: the first error of a connection that is in use is told by its user.
    this.#socket.on('error', (error) => this.#end(error))
  }

  #end(error: Error | null): void {
    if (this.#done) return
    this.#done = true
    this.#timer?.cancel()
    if (error === null) this.#callback(null, this.#socket)
    else this.#callback(error, null)
  }
}
