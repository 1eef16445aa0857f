import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** What a {@link MeshSocket} is told to do with its connection before there is one. */
interface SocketWishes {
  noDelay?: boolean
  keepAlive?: readonly [enable: boolean, initialDelayMs: number]
  referenced: boolean
}

/**
 * A connection that the mesh makes, from before it has an endpoint to its end. It has the methods, properties and events of `net.Socket` that clients of
 * databases and queues use: `connect` once it can be used, `timeout`, `end`, `close`, `error`. What is written before it is connected waits.
 */
export class MeshSocket extends Duplex {
  /** Whether it is still being connected. */
  connecting = true
  #socket: Socket | undefined = undefined
  readonly #wishes: SocketWishes = { referenced: true }
  #timeoutMs = 0
  #bytesRead = 0
  #bytesWritten = 0
  /** Goes on with what was asked of it before it was connected. */
  #waiting: (() => void)[] = []

  /**
   * @param allowHalfOpen - Whether it can still be written to when the other side has ended.
   * @internal
   */
  constructor(allowHalfOpen: boolean) {
    super({ allowHalfOpen })
  }

  /**
   * It is connected.
   *
   * @internal
   */
  attach(socket: Socket): void {
    this.#socket = socket
    this.connecting = false
    const { noDelay, keepAlive, referenced } = this.#wishes
    if (noDelay !== undefined) socket.setNoDelay(noDelay)
    if (keepAlive !== undefined) socket.setKeepAlive(...keepAlive)
    if (!referenced) socket.unref()
    socket.setTimeout(this.#timeoutMs)
    // When it ends is for this end to say.
    socket.allowHalfOpen = true
    socket.on('data', (chunk: Buffer) => {
      this.#bytesRead += chunk.length
      this.emit('activity', true)
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('timeout', () => this.emit('timeout'))
    for (const go of this.#waiting.splice(0)) go()
    this.emit('connect')
    this.emit('ready')
  }

  /** See {@link MeshSocket.connecting}. */
  get pending(): boolean {
    return this.connecting
  }

  /** As of `net.Socket`. */
  get readyState(): string {
    if (this.connecting) return 'opening'
    if (this.destroyed) return 'closed'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** Bytes received. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Bytes sent. */
  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Address of the endpoint; undefined until it is connected. */
  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress
  }

  /** Port of the endpoint; undefined until it is connected. */
  get remotePort(): number | undefined {
    return this.#socket?.remotePort
  }

  /** Its own address; undefined until it is connected. */
  get localAddress(): string | undefined {
    return this.#socket?.localAddress
  }

  /** Its own port; undefined until it is connected. */
  get localPort(): number | undefined {
    return this.#socket?.localPort
  }

  /** Its own address; empty until it is connected. */
  address(): AddressInfo | Record<string, never> {
    return (this.#socket?.address() ?? {}) as AddressInfo | Record<string, never>
  }

  /** Without effect: it is connected to where `mesh.tcp.connect()` was told. For clients that connect what they are given. */
  connect(): this {
    return this
  }

  /** As of `net.Socket`. */
  setNoDelay(noDelay = true): this {
    this.#wishes.noDelay = noDelay
    this.#socket?.setNoDelay(noDelay)
    return this
  }

  /** As of `net.Socket`. */
  setKeepAlive(enable = false, initialDelayMs = 0): this {
    this.#wishes.keepAlive = [enable, initialDelayMs]
    this.#socket?.setKeepAlive(enable, initialDelayMs)
    return this
  }

  /**
   * As of `net.Socket`: `timeout` is emitted when nothing was sent or received for a while, and nothing else happens then. Counts from when it is
   * connected.
   *
   * @param timeoutMs - Milliseconds; 0 for no limit.
   * @param callback - Listens to `timeout` once, or with a limit of 0 no more.
   */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    this.#timeoutMs = timeoutMs
    this.#socket?.setTimeout(timeoutMs)
    if (callback === undefined) return this
    return timeoutMs === 0 ? this.off('timeout', callback) : this.once('timeout', callback)
  }

  /** As of `net.Socket`. */
  ref(): this {
    this.#wishes.referenced = true
    this.#socket?.ref()
    return this
  }

  /** As of `net.Socket`. */
  unref(): this {
    this.#wishes.referenced = false
    this.#socket?.unref()
    return this
  }

  /** Ends, and closes when all is written. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** @internal */
  override _read(): void {
    this.#socket?.resume()
  }

  /** @internal */
  override _write(chunk: Buffer, encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.#whenConnected((socket) => {
      this.#bytesWritten += chunk.length
      this.emit('activity', false)
      socket.write(chunk, encoding, written)
    })
  }

  /** @internal */
  override _final(finished: (error?: Error | null) => void): void {
    this.#whenConnected((socket) => socket.end(() => finished()))
  }

  /** @internal */
  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.connecting = false
    this.#waiting = []
    this.#socket?.destroy()
    destroyed(error)
  }

  #whenConnected(go: (socket: Socket) => void): void {
    if (this.#socket !== undefined) go(this.#socket)
    else this.#waiting.push(() => go(this.#socket!))
  }
}
