import type { Socket } from 'node:net'
import { Call, type Endpoint, type LocalReply, localReplies, MeshError, NO_RETRY, type Verdict } from '@inmesh/core'
import { IdleTimer } from '../agent/idle-timer.js'
import { CallProgress } from '../client/call-progress.js'
import type { CallTarget } from '../client/call-target.js'
import { CallWait } from '../client/call-wait.js'
import type { MeshSocket } from './mesh-socket.js'
import { DEFAULT_IDLE_MS, type TcpConnectOptions } from './tcp-options.js'
import type { TcpRequest } from './tcp-request.js'
import type { TcpScope } from './tcp-scope.js'

/** One connection of the application's: chooses its endpoint, connects, counts it and watches it to its end. */
export class TcpConnection {
  /** The application's end. */
  readonly socket: MeshSocket
  readonly progress: CallProgress
  /** Whether the last that happened on it was that something came, so that nobody waits for an answer. */
  atRest = true
  readonly #scope: TcpScope
  readonly #options: TcpConnectOptions
  readonly #request: TcpRequest
  readonly #target: CallTarget | undefined
  readonly #wait: CallWait
  readonly #idle: IdleTimer
  readonly #deadline: number
  #call: Call | undefined = undefined
  /** Where it is counted as a connection. */
  #counted: Endpoint | undefined = undefined
  #connected = false
  #over = false

  /**
   * @param scope - What connections of a mesh share.
   * @param socket - The application's end.
   * @param target - Where it goes; undefined for a host that the mesh never looks at.
   * @param request - What the core sees of it.
   * @param options - As given, checked.
   */
  constructor(
    scope: TcpScope,
    socket: MeshSocket,
    target: CallTarget | undefined,
    request: TcpRequest,
    options: TcpConnectOptions,
  ) {
    const { clock } = scope
    this.socket = socket
    this.#scope = scope
    this.#target = target
    this.#request = request
    this.#options = options
    this.#wait = new CallWait(clock)
    this.#idle = new IdleTimer(clock, () => socket.destroy())
    this.#deadline = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + options.timeoutMs
    this.progress = new CallProgress(scope.records, request.authority)
    socket.on('close', () => this.#ended())
  }

  /** Takes it on. */
  begin(): void {
    const target = this.#target
    switch (target?.state) {
      case 'configured': {
        const call = new Call(this.#scope.mesh!.plane, target.snapshot!, this.#request, this.#deadline)
        this.#call = call
        this.progress.call = call
        this.#follow(call, call.start())
        break
      }
      case 'pending':
        this.#wait.listen(target.whenSettled.bind(target), () => this.begin())
        this.#hold(this.#scope.discoveryTimeoutMs, () =>
          this.#refuse(
            localReplies.notReady(`no configuration for ${target.name} within ${this.#scope.discoveryTimeoutMs} ms`),
          ),
        )
        break
      case 'failed':
      case 'closed':
        this.#fail(target.error!)
        break
      case 'unknown':
      case undefined:
        this.#passThrough()
        break
    }
  }

  #follow(call: Call, verdict: Verdict): void {
    if (this.#over) return
    if (verdict.kind === 'continue') this.#pick(call)
    else if (verdict.kind === 'local-reply') this.#refuse(verdict)
    else this.#hold(verdict.delayMs, () => this.#follow(call, call.resume(verdict)))
  }

  #pick(call: Call): void {
    if (this.#over) return
    const picked = call.pick()
    if (picked.kind === 'endpoint') {
      this.#connect(call, picked)
    } else if (picked.kind === 'local-reply') {
      this.#refuse(picked)
    } else {
      this.#wait.listen(
        (callback) => call.whenPickable(callback),
        () => this.#pick(call),
      )
      this.#hold(Number.POSITIVE_INFINITY, () => {})
    }
  }

  #connect(call: Call, endpoint: Endpoint): void {
    const { connections, clock } = this.#scope
    const full = connections.refuses(endpoint, call.priority)
    if (full !== undefined) {
      this.#refuse(full)
      return
    }
    const overflow = call.attemptStarted(endpoint, false)
    if (overflow !== undefined) {
      this.#refuse(overflow)
      return
    }
    connections.made(endpoint, call.priority)
    this.#counted = endpoint
    this.progress.attemptStarted(true, '')
    // The time to connect is the connector's affair; that of the whole is waited for here.
    this.#hold(Number.POSITIVE_INFINITY, () => {})
    const connect = this.#scope.mesh!.carrier.connectorTo(endpoint, hostOf(this.#options.host), clock)
    connect({ hostname: '', protocol: 'http:', port: '' }, (...[error, socket]) => {
      if (this.#over) socket?.destroy()
      else if (error !== null) this.#attemptFailed(call, endpoint, error)
      else this.#established(call, socket)
    })
  }

  #attemptFailed(call: Call, endpoint: Endpoint, cause: Error): void {
    this.#wait.stop()
    this.#uncount(call)
    const delayMs = call.attemptFailed('connect', false, true)
    this.progress.failed('connect', delayMs)
    if (delayMs === NO_RETRY) {
      const where = `endpoint ${endpoint.key} of cluster ${call.clusterName}`
      this.#fail(new MeshError('ERR_INMESH_CONNECT', `${where}: ${cause.message}`, { cause }))
    } else {
      this.#hold(delayMs, () => this.#pick(call))
    }
  }

  #established(call: Call, socket: Socket): void {
    const overflow = call.attemptConnected()
    if (overflow !== undefined) {
      socket.destroy()
      this.#refuse(overflow)
      return
    }
    // Of a connection nothing is known but that it came about.
    call.responded(200, -1, false)
    this.progress.answered(200)
    this.#serve(socket, (cause) => {
      call.responseBroken('reset')
      const where = `endpoint ${call.endpoint!.key} of cluster ${call.clusterName}`
      return new MeshError('ERR_INMESH_RESET', `${where} broke the connection off: ${cause.message}`, { cause })
    })
  }

  #passThrough(): void {
    if (!this.#scope.mayLeave(this.#request)) {
      this.#refuse(localReplies.outboundRefused(this.#request.authority))
      return
    }
    this.#hold(Number.POSITIVE_INFINITY, () => {})
    const { host, port } = this.#options
    this.#scope.connectOutside(host, port, (error, socket) => {
      if (this.#over) socket?.destroy()
      else if (error !== null) this.#fail(error)
      else this.#serve(socket!, (cause) => cause)
    })
  }

  #serve(socket: Socket, broken: (cause: Error) => Error): void {
    this.#wait.stop()
    this.#connected = true
    const own = this.socket
    socket.on('error', (error) => {
      // An application that has ended its side is done with it: clients of databases take no error for that but ECONNRESET.
      const done = this.#over || own.writableEnded
      own.destroy(done ? undefined : this.#noted(broken(error)))
    })
    socket.on('close', () => {
      // What came before the end may not have been read yet.
      if (own.readableEnded) own.destroySoon()
      else own.once('end', () => own.destroySoon())
    })
    own.on('activity', (received: boolean) => {
      this.atRest = received
      this.#idle.active()
    })
    this.#idle.limit(this.#options.idleTimeoutMs ?? DEFAULT_IDLE_MS)
    own.attach(socket)
  }

  /** Waits, and no longer than to the deadline. */
  #hold(delayMs: number, due: () => void): void {
    this.#wait.begin(delayMs, this.#deadline, due, () => {
      const { host, port, timeoutMs } = this.#options
      this.#fail(new MeshError('ERR_INMESH_TIMEOUT', `not connected to ${host}:${port} within ${timeoutMs} ms`))
    })
  }

  #refuse(reply: LocalReply): void {
    this.progress.replied(reply)
    this.#fail(new MeshError(reply.code ?? 'ERR_INMESH_NO_ROUTE', reply.detail))
  }

  #fail(error: Error): void {
    this.#wait.stop()
    this.socket.destroy(this.#noted(error))
  }

  #noted(error: Error): Error {
    this.#scope.records.failed(error, this.progress)
    return error
  }

  #ended(): void {
    if (this.#over) return
    this.#over = true
    this.#wait.stop()
    this.#idle.stop()
    if (this.#call !== undefined) {
      this.#uncount(this.#call)
      this.#call.end()
    }
    this.progress.ended()
    this.#scope.connections.ended(this)
  }

  #uncount(call: Call): void {
    if (this.#counted !== undefined) this.#scope.connections.lost(this.#counted, call.priority)
    this.#counted = undefined
  }

  /** Whether the application has it. */
  get connected(): boolean {
    return this.#connected
  }
}

/** Without the brackets of an IPv6 address. */
function hostOf(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
