import type { Duplex } from 'node:stream'
import type { RawHeaders } from './legacy-handler.js'

/** What an attempt reports to: the call that it is the current attempt of. */
export interface AttemptOwner {
  /**
   * There is a connection, and undici is about to write the request.
   *
   * @returns whether it may. If not, the call ended without the attempt.
   */
  attemptConnected(): boolean
  /** A byte went one way or the other. */
  attemptActive(): void
  /** The request was written whole. */
  attemptSent(): void
  /**
   * The head of a response arrived.
   *
   * @returns whether the caller gets it. If not, the call went on without the attempt.
   */
  attemptAnswered(status: number, headers: RawHeaders): boolean
  /**
   * The connection now speaks another protocol, or is what the answer to a CONNECT came over.
   *
   * @returns whether the caller gets it. If not, the call went on without the attempt.
   */
  attemptUpgraded(status: number, headers: RawHeaders, socket: Duplex): boolean
  /** The response is complete. */
  attemptCompleted(): void
  /**
   * The attempt failed.
   *
   * @param error - How.
   * @param thrown - Whether it is what the caller's handler threw: nothing went wrong at the upstream.
   */
  attemptFailed(error: Error, thrown: boolean): void
}
