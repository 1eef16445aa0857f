import type { ClientHttp2Session } from 'node:http2'
import type { Clock, Http2Keepalive, Random, Timer } from '@inmesh/core'
import { errors } from 'undici'

/** What is checked. */
export interface CheckedConnection {
  /** Its session. */
  readonly session: ClientHttp2Session
  /** Bytes that arrived on it. */
  readonly bytesRead: number
  /** The other side answered. */
  alive(): void
  /** Nothing arrived for so long that the other side must be gone. */
  dead(error: Error): void
}

/** Finds out by PING whether anybody is still there: a peer whose machine lost its power says no goodbye. */
export class ConnectionCheck {
  readonly #connection: CheckedConnection
  readonly #clock: Clock
  readonly #random: Random
  readonly #keepalive: Http2Keepalive | undefined
  readonly #timeoutMs: number
  #next: Timer | undefined = undefined
  /** Runs while an answer is waited for. */
  #overdue: Timer | undefined = undefined
  #bytesBefore = 0

  /**
   * @param connection - The connection.
   * @param plane - Clock and dice.
   * @param keepalive - How often it is asked. Default only when {@link ConnectionCheck.ask} is called.
   * @param timeoutMs - How long an answer may take where `keepalive` does not say.
   */
  constructor(
    connection: CheckedConnection,
    plane: { readonly clock: Clock; readonly random: Random },
    keepalive: Http2Keepalive | undefined,
    timeoutMs: number,
  ) {
    this.#connection = connection
    this.#clock = plane.clock
    this.#random = plane.random
    this.#keepalive = keepalive
    this.#timeoutMs = keepalive?.timeoutMs ?? timeoutMs
    this.#schedule()
  }

  /** After how many milliseconds without a request it is to be asked along with the next one; `Infinity` for never. */
  get idleIntervalMs(): number {
    return this.#keepalive?.idleIntervalMs ?? Number.POSITIVE_INFINITY
  }

  /** Asks now, unless an answer is waited for already. */
  ask(): void {
    if (this.#overdue !== undefined) return
    this.#next?.cancel()
    this.#expect()
    const { session } = this.#connection
    // Of one that is closing at this moment its own end is told.
    if (!session.destroyed) session.ping(this.#answered)
  }

  /** Asks no more. */
  stop(): void {
    this.#next?.cancel()
    this.#overdue?.cancel()
  }

  #schedule(): void {
    const intervalMs = this.#keepalive?.intervalMs
    if (intervalMs === undefined) return
    const jitterMs = (intervalMs * this.#keepalive!.jitterPercent * this.#random.next()) / 100
    this.#next = this.#clock.setTimer(intervalMs + jitterMs, () => this.ask())
  }

  #expect(): void {
    this.#bytesBefore = this.#connection.bytesRead
    this.#overdue = this.#clock.setTimer(this.#timeoutMs, this.#late)
  }

  readonly #answered = (error: Error | null): void => {
    if (error !== null || this.#overdue === undefined) return
    this.#overdue.cancel()
    this.#overdue = undefined
    this.#schedule()
    this.#connection.alive()
  }

  readonly #late = (): void => {
    // Envoy, KeepaliveSettings.timeout: whatever arrives is a sign of life; the answer may stand behind it in a queue.
    if (this.#connection.bytesRead !== this.#bytesBefore) this.#expect()
    else this.#connection.dead(new errors.SocketError(`no answer to a PING within ${this.#timeoutMs} ms`))
  }
}
