import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type InboundChain, type InboundListener, localReplies } from '@inmesh/core'
import { Admission } from './admission.js'
import { announceClose } from './in-flight-requests.js'
import type { MeshRequest } from './mesh-request.js'
import type { GatePlane, Passenger } from './passenger.js'

/**
 * Stands between a server and its application and applies the server's listener: to connections, which come to a chain of filters or are closed,
 * and to requests, which the chain answers, holds back, changes or lets pass (gRFC A36).
 */
export class InboundGate {
  readonly #listener: InboundListener
  readonly #plane: GatePlane
  /** A connection stays with its chain, whatever listener comes after. */
  readonly #chains = new WeakMap<object, InboundChain>()

  /**
   * @param listener - The server's listener.
   * @param plane - What is shared with other gates.
   */
  constructor(listener: InboundListener, plane: GatePlane) {
    this.#listener = listener
    this.#plane = plane
  }

  /**
   * Whether a new connection is taken. One that no chain is for is to be closed, with no byte sent.
   *
   * @param socket - The connection.
   */
  takes(socket: Socket): boolean {
    return this.#listener.state !== 'configured' || this.#chainOf(socket, socket) !== undefined
  }

  /**
   * A connection speaks HTTP/2: its requests show the session in place of the socket.
   *
   * @param session - The session.
   * @param socket - The socket that came to a chain.
   */
  carry(session: object, socket: Socket): void {
    const chain = this.#chains.get(socket)
    if (chain !== undefined) this.#chains.set(session, chain)
  }

  /**
   * Whether a connection belongs to a listener that is no longer in use, so that it is to end with its requests.
   *
   * @param connection - Its socket, or its session of HTTP/2.
   */
  isRetired(connection: object): boolean {
    return this.#chains.get(connection)?.retired === true
  }

  /**
   * Whether a request goes to the application as it is, without anything to wait for: asked first, as nearly all do that on nearly all servers.
   *
   * @param request - The request.
   * @param mesh - What the mesh knows of it; told the route.
   */
  passes(request: IncomingMessage, mesh: MeshRequest): boolean {
    switch (this.#listener.state) {
      case 'configured': {
        const chain = this.#chains.get(connectionOf(request))
        if (chain === undefined || chain.retired || chain.use.kind !== 'plain') return false
        if (chain.use.routeName !== '') mesh.attach(chain.use)
        return true
      }
      case 'unknown':
      case 'unreachable':
        return !this.#plane.required
      case 'closed':
        return true
      case 'pending':
      case 'failed':
        return false
    }
  }

  /**
   * Applies the listener to a request, which is answered or handed to the application: at once where nothing holds it back. The answer is the last
   * one on its connection where the listener of that was replaced.
   *
   * @param passenger - The request.
   */
  admit(passenger: Passenger): void {
    const { state, error, server } = this.#listener
    if (!passenger.isTunnel && this.isRetired(connectionOf(passenger.request))) announceClose(passenger.response())
    switch (state) {
      case 'configured':
        this.#serve(passenger)
        return
      case 'pending':
        this.#hold(passenger)
        return
      case 'failed':
        this.#refuse(passenger, error!.message)
        return
      case 'unreachable':
        this.#refuseIfRequired(passenger, error!.message)
        return
      case 'unknown':
        this.#refuseIfRequired(passenger, `the control plane has no listener for port ${server.port}`)
        return
      case 'closed':
        // The mesh is being closed; what is still on its way gets its answer.
        passenger.proceed()
    }
  }

  #serve(passenger: Passenger): void {
    const { request } = passenger
    const chain = this.#chainOf(connectionOf(request), request.socket)
    if (chain === undefined) {
      request.socket.destroy()
      return
    }
    const { use } = chain
    switch (use.kind) {
      case 'http':
        new Admission(passenger, this.#plane, use.table).start()
        return
      case 'plain':
        if (use.routeName !== '') passenger.mesh.attach(use)
        passenger.proceed()
        return
      case 'failed':
        this.#refuse(passenger, use.error.message)
        return
      case 'closed':
        request.socket.destroy()
    }
  }

  #chainOf(connection: object, socket: Socket): InboundChain | undefined {
    const known = this.#chains.get(connection)
    if (known !== undefined) return known
    const chain = this.#listener.chainFor(socket)
    if (chain === undefined || chain.closed !== undefined) return undefined
    this.#chains.set(connection, chain)
    return chain
  }

  #hold(passenger: Passenger): void {
    const { clock, patienceMs } = this.#plane
    const end = (): void => {
      timer.cancel()
      forget()
    }
    const forget = this.#listener.whenSettled(() => {
      end()
      if (!passenger.mesh.isOver) this.admit(passenger)
    })
    const timer = clock.setTimer(Math.min(patienceMs, passenger.mesh.context.deadline - clock.now()), () => {
      end()
      this.#refuseIfRequired(passenger, 'the listener of the server has not arrived')
    })
    passenger.mesh.attach({ routeName: '', end })
  }

  #refuseIfRequired(passenger: Passenger, detail: string): void {
    if (this.#plane.required) this.#refuse(passenger, detail)
    else passenger.proceed()
  }

  #refuse(passenger: Passenger, detail: string): void {
    const reply = localReplies.notReady(detail)
    new Admission(passenger, this.#plane, undefined).answer({ ...reply, body: `not ready: ${detail}` })
  }
}

/** Of HTTP/2 each request has a socket of its own to show, and the session is the connection. */
function connectionOf(request: IncomingMessage): object {
  if (request.httpVersionMajor === 1) return request.socket
  const { stream } = request as { stream?: { session?: object } }
  return stream?.session ?? request.socket
}
