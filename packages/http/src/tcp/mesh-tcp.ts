import { connect, type Socket } from 'node:net'
import { type Clock, MeshError } from '@inmesh/core'
import type { CallOutcome } from '../client/call-outcome.js'
import { CallRecords } from '../client/call-progress.js'
import { OpaqueTarget } from '../client/opaque-target.js'
import type { OutboundPolicy } from '../client/outbound-policy.js'
import { MeshSocket } from './mesh-socket.js'
import { TcpConnection } from './tcp-connection.js'
import { TcpConnections } from './tcp-connections.js'
import { checkTcpOptions, type TcpConnectOptions } from './tcp-options.js'
import { TcpRequest } from './tcp-request.js'
import type { TcpMesh, TcpScope } from './tcp-scope.js'

/** What a {@link MeshTcp} is made of. */
export interface MeshTcpOptions {
  /** Time. */
  readonly clock: Clock
  /** Knows hosts and endpoints. Default: none are known, and all connections go past the mesh. */
  readonly mesh?: TcpMesh
  /** Which hosts connections may go to, and which of them the mesh looks at. */
  readonly outbound: OutboundPolicy
  /** How long a connection waits for the first configuration of its host, in milliseconds. */
  readonly discoveryTimeoutMs: number
}

/** How often connections are looked at that are to end, in milliseconds: what came in between two looks may be the answer that was waited for. */
const LOOK_MS = 250

/** Connections for what is not HTTP: databases, queues, anything that takes a stream. `mesh.tcp`. */
export class MeshTcp {
  readonly #mesh: TcpMesh | undefined
  readonly #clock: Clock
  readonly #outbound: OutboundPolicy
  readonly #connections = new TcpConnections<TcpConnection>()
  readonly #bySocket = new WeakMap<object, TcpConnection>()
  readonly #records: CallRecords
  readonly #scope: TcpScope
  #closed = false

  /**
   * @param options - Parts.
   * @internal
   */
  constructor({ clock, mesh, outbound, discoveryTimeoutMs }: MeshTcpOptions) {
    this.#mesh = mesh
    this.#clock = clock
    this.#records = new CallRecords(clock)
    this.#outbound = outbound
    this.#scope = {
      clock,
      mesh,
      discoveryTimeoutMs,
      records: this.#records,
      connections: this.#connections as unknown as TcpScope['connections'],
      mayLeave: ({ authority }) => outbound.allows(hostIn(authority)),
      connectOutside,
    }
  }

  /**
   * Connects to an endpoint of a service, chosen as for a request, with the TLS that its cluster asks for. What is written at once waits.
   *
   * The connection is destroyed with an error, which it emits, whose code is ERR_INMESH_NO_ROUTE, _NO_CLUSTER, _NO_HEALTHY_ENDPOINT, _OVERFLOW, _CONNECT (no
   * attempt came about), _TIMEOUT, _NOT_READY, _OUTBOUND_REFUSED, _CLOSED, or _RESET for one that broke; of a host outside the mesh it is Node's own.
   *
   * @param options - Where to.
   * @param connected - Called when it is connected, as by `connect` of the socket.
   * @throws MeshError ERR_INMESH_OPTIONS naming the option that is wrong.
   */
  connect(options: TcpConnectOptions, connected?: () => void): MeshSocket {
    const host = checkTcpOptions(options)
    const { port, allowHalfOpen = false } = options
    const socket = new MeshSocket(allowHalfOpen)
    if (connected !== undefined) socket.once('connect', connected)
    if (this.#closed) {
      socket.destroy(closedError())
      return socket
    }
    const target = this.#outbound.meets(host) ? this.#mesh?.plane.target(`${host}:${port}`) : undefined
    if (target !== undefined) target.used = true
    const opaque = target && new OpaqueTarget(target)
    const connection = new TcpConnection(this.#scope, socket, opaque, new TcpRequest(host, port), options)
    this.#connections.all.add(connection)
    this.#bySocket.set(socket, connection)
    connection.begin()
    return socket
  }

  /**
   * What happened to a connection.
   *
   * @param answer - The socket, or an error of it.
   * @internal
   */
  outcome(answer: object): CallOutcome | undefined {
    const found = this.#bySocket.get(answer)?.progress.outcome() ?? this.#records.find(answer)
    if (found === undefined) return undefined
    // No status was ever sent.
    return {
      ...found,
      status: undefined,
      attempts: found.attempts.map((attempt) => ({ ...attempt, status: undefined })),
    }
  }

  /**
   * Takes no new connection, and ends those on which nobody waits for an answer; the others as soon as they have it.
   *
   * @param timeoutMs - Milliseconds until all are cut.
   * @internal
   */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true
    const limit = this.#clock.now() + timeoutMs
    const look = (): void => {
      const all = [...this.#connections.all]
      if (all.length === 0) return
      const cut = this.#clock.now() >= limit
      for (const connection of all) {
        const { socket, connected, atRest } = connection
        const over = connected && (atRest || socket.writableEnded)
        // Of one on which nobody waits for anything its pool need hear no error.
        if (cut || !connected) socket.destroy(over ? undefined : closedError())
        else if (over) socket.end()
      }
      this.#clock.setTimer(Math.min(LOOK_MS, Math.max(0, limit - this.#clock.now())), look, true)
    }
    look()
    await this.#connections.whenNone()
  }
}

function connectOutside(host: string, port: number, done: (error: Error | null, socket?: Socket) => void): void {
  const socket = connect({ host: host.startsWith('[') ? host.slice(1, -1) : host, port, allowHalfOpen: true })
  const failed = (error: Error): void => done(error)
  socket.once('error', failed)
  socket.once('connect', () => {
    socket.off('error', failed)
    done(null, socket)
  })
}

/** `[::1]:80` and `host:80` without the port. */
function hostIn(authority: string): string {
  const colon = authority.lastIndexOf(':')
  return colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority
}

function closedError(): MeshError {
  return new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
}
