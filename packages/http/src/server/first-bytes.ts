import type { Socket } from 'node:net'
import type { Clock, Timer } from '@inmesh/core'

/** What a client that knows that its server speaks HTTP/2 sends first (RFC 9113, 3.4), as far as no method of HTTP/1.1 begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0')

/** Told which protocol a connection speaks. All that was read is in the socket again, which is paused. */
export type ProtocolFound = (socket: Socket, isHttp2: boolean) => void

/**
 * Connections whose protocol is not known yet. A client may send its first bytes one by one, late or never: a connection that has not made up its
 * mind when its time is over is cut, as node:http does with one that sends no request.
 */
export class FirstBytes {
  readonly #clock: Clock
  readonly #found: ProtocolFound
  readonly #undecided = new Map<Socket, UndecidedConnection>()

  /**
   * @param clock - Time.
   * @param found - Told of each connection that made up its mind.
   */
  constructor(clock: Clock, found: ProtocolFound) {
    this.#clock = clock
    this.#found = found
  }

  /**
   * Reads a connection until its protocol is known.
   *
   * @param socket - A connection of which nothing was read.
   * @param timeoutMs - Milliseconds until it is cut; 0 for no limit.
   */
  watch(socket: Socket, timeoutMs: number): void {
    const timer = timeoutMs > 0 ? this.#clock.setTimer(timeoutMs, () => socket.destroy()) : undefined
    const connection = new UndecidedConnection(socket, timer, (isHttp2) => {
      this.#undecided.delete(socket)
      if (isHttp2 !== undefined) this.#found(socket, isHttp2)
    })
    this.#undecided.set(socket, connection)
  }

  /** Cuts all: none has sent a request. */
  destroy(): void {
    for (const socket of this.#undecided.keys()) socket.destroy()
  }
}

/** One connection, until it made up its mind or is gone. */
class UndecidedConnection {
  readonly #socket: Socket
  readonly #timer: Timer | undefined
  readonly #settled: (isHttp2: boolean | undefined) => void
  #bytes: Buffer | undefined
  readonly #onData = (chunk: Buffer): void => this.#read(chunk)
  readonly #onGone = (): void => this.#leave()

  constructor(socket: Socket, timer: Timer | undefined, settled: (isHttp2: boolean | undefined) => void) {
    this.#socket = socket
    this.#timer = timer
    this.#settled = settled
    // An error is followed by `close`; without a listener it would end the process.
    socket.on('data', this.#onData).on('end', this.#onGone).on('error', this.#onGone).on('close', this.#onGone)
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk])
    const isHttp2 = startsWithPreface(this.#bytes)
    if (isHttp2 === undefined) return
    const socket = this.#socket
    this.#unhook()
    socket.pause()
    socket.unshift(this.#bytes)
    this.#settled(isHttp2)
  }

  #leave(): void {
    this.#unhook()
    this.#socket.on('error', () => {}).destroy()
    this.#settled(undefined)
  }

  #unhook(): void {
    this.#timer?.cancel()
    const socket = this.#socket
    socket.off('data', this.#onData).off('end', this.#onGone).off('error', this.#onGone).off('close', this.#onGone)
  }
}

/** Undefined while it cannot be told. */
function startsWithPreface(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, PREFACE.length)
  if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) return false
  return length === PREFACE.length ? true : undefined
}
