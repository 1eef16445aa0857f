import type { Socket } from 'node:net'
import type { Clock, Timer } from '@inmesh/core'

/** How often a connection is looked at in the time that it may idle. */
const LOOKS = 4

/**
 * Notices that a connection was silent for some time, or for up to a quarter longer. Sessions of node:http2 have a timer of their own, which they do
 * not take off when they are destroyed: it would keep session and server as long as a connection may idle.
 */
export class IdleWatch {
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #intervalMs: number
  readonly #idle: () => void
  #bytes = -1
  #silent = 0
  #timer: Timer | undefined

  /**
   * Begins to watch, until the connection is closed.
   *
   * @param clock - Time.
   * @param socket - The connection.
   * @param timeoutMs - Milliseconds.
   * @param idle - Called whenever it was silent for that long.
   */
  constructor(clock: Clock, socket: Socket, timeoutMs: number, idle: () => void) {
    this.#clock = clock
    this.#socket = socket
    this.#intervalMs = timeoutMs / LOOKS
    this.#idle = idle
    socket.once('close', () => this.#timer?.cancel())
    this.#look()
  }

  readonly #look = (): void => {
    const bytes = this.#socket.bytesRead + this.#socket.bytesWritten
    this.#silent = bytes === this.#bytes ? this.#silent + 1 : 0
    this.#bytes = bytes
    this.#timer = this.#clock.setTimer(this.#intervalMs, this.#look)
    if (this.#silent >= LOOKS) this.#idle()
  }
}
