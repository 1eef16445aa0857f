import { Duplex } from 'node:stream'
import type { Clock } from '@inmesh/core'
import { IdleTimer } from './idle-timer.js'

const BUFFER_BYTES = 65_536

/** Pieces that are no more than this together are given on as one: each costs a run of the parser, and copying them costs less. */
const JOINED_BYTES = 16_384

/**
 * One end of a connection that never leaves the process. What is written to it can be read from the other end, as soon as that reads, and
 * no more of it is kept than the buffers of both hold. It has the methods and properties of `net.Socket` that HTTP clients use.
 *
 * Destroying one end destroys the other, without an error. Ending one ends the other once that has read everything.
 */
export class MemorySocket<Owner = unknown> extends Duplex {
  /** What the connection belongs to, for those who meet one end of it. */
  readonly owner: Owner
  /** As of any connection that is made. */
  readonly connecting = false
  /** See {@link MemorySocket.connecting}. */
  readonly pending = false
  /** Bytes received, as told to HTTP clients that show progress. */
  bytesRead = 0
  /** Bytes sent. */
  bytesWritten = 0
  /** Milliseconds without a byte until `timeout` is emitted; absent until set, 0 for no limit. */
  timeout: number | undefined = undefined
  readonly #idle: IdleTimer
  #peer: MemorySocket<Owner> | undefined = undefined
  /** Lets the other end write on, which waits until this one was read. */
  #release: (() => void) | undefined = undefined

  private constructor(clock: Clock, owner: Owner, allowHalfOpen: boolean) {
    super({ allowHalfOpen, highWaterMark: BUFFER_BYTES })
    this.owner = owner
    this.#idle = new IdleTimer(clock, () => this.emit('timeout'))
  }

  /**
   * Makes a connection.
   *
   * @param clock - Time.
   * @param owner - What it belongs to.
   * @returns the end of the client, which ends too when the other does, and that of the server, which may still answer then; as in node:net.
   */
  static pair<Owner>(clock: Clock, owner: Owner): [MemorySocket<Owner>, MemorySocket<Owner>] {
    const client = new MemorySocket(clock, owner, false)
    const server = new MemorySocket(clock, owner, true)
    client.#peer = server
    server.#peer = client
    return [client, server]
  }

  /** As of `net.Socket`. */
  get readyState(): string {
    if (this.destroyed) return 'closed'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /**
   * As of `net.Socket`: `timeout` is emitted when nothing was sent or received for a while, and nothing else happens then.
   *
   * @param timeoutMs - Milliseconds; 0 for no limit.
   * @param callback - Listens to `timeout` once, or with a limit of 0 no more.
   */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    if (this.destroyed) return this
    this.timeout = timeoutMs
    this.#idle.limit(timeoutMs)
    if (callback === undefined) return this
    return timeoutMs === 0 ? this.off('timeout', callback) : this.once('timeout', callback)
  }

  /** Without effect. */
  setNoDelay(): this {
    return this
  }

  /** Without effect. */
  setKeepAlive(): this {
    return this
  }

  /** Without effect: no memory keeps a process alive. */
  ref(): this {
    return this
  }

  /** Without effect. */
  unref(): this {
    return this
  }

  /** There is none. */
  address(): Record<string, never> {
    return {}
  }

  /** Ends, and closes when the other end has read everything. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  override _read(): void {
    const release = this.#release
    if (release === undefined) return
    this.#release = undefined
    release()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#send(chunk.length)
    this.#peer!.#receive(chunk, written)
  }

  override _writev(pieces: { chunk: Buffer; encoding: BufferEncoding }[], written: () => void): void {
    let length = 0
    for (const { chunk } of pieces) length += chunk.length
    this.#send(length)
    const peer = this.#peer!
    if (length <= JOINED_BYTES) {
      const chunks = pieces.map(({ chunk }) => chunk)
      peer.#receive(Buffer.concat(chunks, length), written)
      return
    }
    const last = pieces.length - 1
    for (let index = 0; index < last; index++) peer.#receive(pieces[index]!.chunk, undefined)
    peer.#receive(pieces[last]!.chunk, written)
  }

  override _final(finished: () => void): void {
    const peer = this.#peer!
    if (peer.readableEnded || peer.destroyed) {
      finished()
      return
    }
    peer.once('end', finished)
    peer.push(null)
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#idle.stop()
    this.#peer!.destroy()
    destroyed(error)
  }

  #send(length: number): void {
    this.bytesWritten += length
    this.#idle.active()
  }

  #receive(chunk: Buffer, received: (() => void) | undefined): void {
    this.bytesRead += chunk.length
    this.#idle.active()
    // An empty piece would count as nothing to read.
    const more = chunk.length === 0 || this.push(chunk)
    if (received === undefined) return
    if (more) received()
    else this.#release = received
  }
}
