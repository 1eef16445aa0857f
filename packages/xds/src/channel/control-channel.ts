import type { ChannelCredentials, Client, ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import { type Clock, type Logger, MeshError, silentLogger } from '@inmesh/core'
import type { ServerConfig } from '../bootstrap/bootstrap.js'
import { ChannelSecurity } from './channel-security.js'
import type { ControlStream, StreamEnd, StreamListener, StreamOpener } from './control-stream.js'
import { UnheldConnection } from './unheld-connection.js'

type Grpc = typeof import('@grpc/grpc-js')

/** How a connection to a control plane is kept. */
export interface ControlChannelOptions {
  /** Milliseconds without traffic after which a ping is sent. Default 30,000. */
  readonly keepaliveTimeMs?: number
  /** Milliseconds within which a ping must be answered, else the connection counts as lost. Default 10,000. */
  readonly keepaliveTimeoutMs?: number
  /**
   * Milliseconds within which a connection must be up. Default 20,000, as gRFC A57 assumes. A process that has nothing left to do may
   * have to wait so long where the network swallows connections without a word; an open stream does not hold it.
   */
  readonly connectTimeoutMs?: number
  /** Told of certificates that cannot be used. Default: silent. */
  readonly logger?: Logger
}

/** gRPC status UNAVAILABLE. */
const unavailable = 14

/**
 * The gRPC client of all control-side calls to one server. It leaves retries to its users: every stream opened on a channel that is not
 * connected connects anew, and one failure ends it. It does not keep an idle process alive, and grpc-js is loaded by the first stream.
 */
export class ControlChannel implements StreamOpener {
  readonly #server: ServerConfig
  readonly #clock: Clock
  readonly #options: Required<ControlChannelOptions>
  readonly #security: ChannelSecurity
  readonly #streams = new Set<ChannelStream>()
  #connection: Connection | undefined
  #closed = false

  /**
   * @param server - Where to connect to.
   * @param clock - Times the connection attempts.
   * @param options - How the connection is kept.
   */
  constructor(server: ServerConfig, clock: Clock, options: ControlChannelOptions = {}) {
    this.#server = server
    this.#clock = clock
    this.#options = {
      keepaliveTimeMs: options.keepaliveTimeMs ?? 30_000,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 10_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 20_000,
      logger: options.logger ?? silentLogger,
    }
    this.#security = new ChannelSecurity(server, clock, this.#options.logger)
  }

  openStream(method: string, listener: StreamListener): ControlStream {
    if (this.#closed) throw new MeshError('ERR_INMESH_CLOSED', `the channel to ${this.#server.uri} is closed`)
    const stream = new ChannelStream(listener, () => this.#streams.delete(stream))
    this.#streams.add(stream)
    this.#start(method, stream).catch((error: unknown) => {
      stream.end({ status: unavailable, reason: error instanceof Error ? error.message : String(error) })
    })
    return stream
  }

  close(): void {
    this.#closed = true
    for (const stream of this.#streams) stream.cancel()
    this.#connection?.close()
    this.#connection = undefined
    this.#security.close()
  }

  async #start(method: string, stream: ChannelStream): Promise<void> {
    const grpc = await import('@grpc/grpc-js')
    const credentials = await this.#security.credentials(grpc)
    if (stream.isOver) return
    const connection = this.#connect(grpc, credentials)
    const connected = await connection.settled
    if (stream.isOver) return
    // A call on a channel that failed to connect fails at once too, and says why.
    const call = connection.client.makeBidiStreamRequest(method, toBuffer, asIs)
    stream.attach(call, connected, connected ? undefined : () => connection.close())
  }

  #connect(grpc: Grpc, credentials: ChannelCredentials): Connection {
    if (this.#connection === undefined || !this.#connection.isUsable()) {
      this.#connection?.close()
      this.#connection = new Connection(grpc, this.#server.target, credentials, this.#clock, this.#options)
    }
    return this.#connection
  }
}

/**
 * One attempt to connect, and the connection that came of it. A new one has a new grpc-js channel: the back-off and the name cache of an
 * old one would pace a reconnect that its user paces already.
 */
class Connection {
  readonly client: Client
  /** Whether the attempt succeeded. Rejects when it took too long. */
  readonly settled: Promise<boolean>
  readonly #grpc: Grpc
  readonly #unheld = new UnheldConnection()
  #isSettled = false
  #closed = false

  constructor(
    grpc: Grpc,
    target: string,
    credentials: ChannelCredentials,
    clock: Clock,
    options: Required<ControlChannelOptions>,
  ) {
    this.#grpc = grpc
    this.client = new grpc.Client(target, this.#unheld.protect(credentials), {
      'grpc.keepalive_time_ms': options.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
      // One response holds every resource of its type, easily more than the 4 MB that grpc-js takes by default.
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // Neither sockets nor statistics may be shared with the application's own channels.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    })
    this.settled = this.#connect(clock, options.connectTimeoutMs)
  }

  /** Whether a call can be made on it, now or when the attempt under way succeeds. */
  isUsable(): boolean {
    return !this.#closed && (!this.#isSettled || this.#state() === this.#grpc.connectivityState.READY)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.client.close()
    this.#unheld.abandon()
  }

  #state(): number {
    return this.client.getChannel().getConnectivityState(false)
  }

  #connect(clock: Clock, timeoutMs: number): Promise<boolean> {
    const { READY, TRANSIENT_FAILURE, SHUTDOWN } = this.#grpc.connectivityState
    const channel = this.client.getChannel()
    return new Promise<boolean>((resolve, reject) => {
      const timer = clock.setTimer(timeoutMs, () => {
        reject(new Error(`no connection within ${timeoutMs} ms`))
        this.close()
      })
      const settle = (connected: boolean): void => {
        this.#isSettled = true
        timer.cancel()
        this.#unheld.settled()
        resolve(connected)
      }
      const follow = (): void => {
        const state = channel.getConnectivityState(false)
        if (state === READY) settle(true)
        else if (state === TRANSIENT_FAILURE || state === SHUTDOWN) settle(false)
        else channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, follow)
      }
      // The call waits until there is a connection, not in grpc-js's queue, which holds the process.
      this.#unheld.connect(() => channel.getConnectivityState(true))
      follow()
    })
  }
}

type Call = ClientDuplexStream<Uint8Array, Uint8Array>

/** A stream from before it has a call until after it lost it. */
class ChannelStream implements ControlStream {
  readonly #listener: StreamListener
  readonly #onOver: () => void
  #call: Call | undefined
  #over = false

  constructor(listener: StreamListener, onOver: () => void) {
    this.#listener = listener
    this.#onOver = onOver
  }

  get isOver(): boolean {
    return this.#over
  }

  attach(call: Call, connected: boolean, afterEnd: (() => void) | undefined): void {
    this.#call = call
    call.on('data', (bytes) => {
      if (!this.#over) this.#listener.message(bytes)
    })
    let failure: StreamEnd | undefined
    call.on('error', (error: ServiceError) => {
      failure = { status: error.code ?? unavailable, reason: error.details || error.message }
      // What came before and waits, since the stream is paused, is still to be had; then the stream ends by itself.
      if (call.readableLength === 0) this.end(failure)
      afterEnd?.()
    })
    // grpc-js emits 'error' first when the status is not OK.
    call.on('end', () => this.end(failure ?? { status: 0, reason: 'the server closed the stream' }))
    if (connected) this.#listener.opened()
  }

  send(bytes: Uint8Array): void {
    if (!this.#over) this.#call?.write(bytes)
  }

  pause(): void {
    this.#call?.pause()
  }

  resume(): void {
    this.#call?.resume()
  }

  finish(): void {
    if (!this.#over) this.#call?.end()
  }

  cancel(): void {
    if (this.#over) return
    this.#settle()
    this.#call?.cancel()
  }

  end(end: StreamEnd): void {
    if (this.#over) return
    this.#settle()
    // The server may have closed its half only.
    this.#call?.cancel()
    this.#listener.ended(end)
  }

  #settle(): void {
    this.#over = true
    this.#onOver()
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function asIs(bytes: Buffer): Uint8Array {
  return bytes
}
