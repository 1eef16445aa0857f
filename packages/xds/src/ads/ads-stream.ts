import type { Clock, Random, Timer } from '@inmesh/core'
import type { ControlStream, StreamEnd, StreamOpener } from '../channel/control-stream.js'
import { ReconnectBackoff } from './reconnect-backoff.js'

/**
 * Where the stream to a control plane stands. `idle`: nothing was asked for yet. `connecting`: being opened. `open`: requests go out.
 * `waiting`: lost, the next attempt is set. `closed`: for good.
 */
export type AdsStreamState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed'

/** Told about the streams that follow one another. */
export interface AdsStreamListener {
  /** A stream is open; nothing was said on it. */
  opened(): void
  /** A response came, serialized. The next comes after {@link AdsStream.resume}. */
  response(bytes: Uint8Array): void
  /**
   * The stream is lost; another one will be opened.
   *
   * @param end - Why.
   * @param hadResponse - Whether it had a response: then its end is in the order of things (gRFC A57).
   * @param delayMs - Milliseconds until the next attempt.
   */
  lost(end: StreamEnd, hadResponse: boolean, delayMs: number): void
}

/** A stream to one server that is opened again whenever it ends. */
export class AdsStream {
  readonly #opener: StreamOpener
  readonly #method: string
  readonly #clock: Clock
  readonly #listener: AdsStreamListener
  readonly #backoff: ReconnectBackoff
  #state: AdsStreamState = 'idle'
  #stream: ControlStream | undefined
  #timer: Timer | undefined
  #startedMs = 0
  #hadResponse = false

  constructor(opener: StreamOpener, method: string, clock: Clock, random: Random, listener: AdsStreamListener) {
    this.#opener = opener
    this.#method = method
    this.#clock = clock
    this.#listener = listener
    this.#backoff = new ReconnectBackoff(random)
  }

  get state(): AdsStreamState {
    return this.#state
  }

  /** Opens the first stream. Does nothing when that was done. */
  start(): void {
    if (this.#state === 'idle') this.#open()
  }

  /** Ends the stream, if there is one, and opens another at once. */
  restart(): void {
    if (this.#state === 'idle' || this.#state === 'closed') return
    this.#stop()
    this.#open()
  }

  /** Sends a message; only when `open`. */
  send(bytes: Uint8Array): void {
    if (this.#state === 'open') this.#stream?.send(bytes)
  }

  /** Sends no more on the present stream, which the server is to end. */
  finish(): void {
    this.#stream?.finish()
  }

  /** What the last response brought is dealt with: the next may come. */
  resume(): void {
    this.#stream?.resume()
  }

  /** Ends the stream because of something that the server sent; it counts as one that failed. */
  fail(reason: string): void {
    if (this.#state !== 'open') return
    this.#stream?.cancel()
    this.#hadResponse = false
    this.#ended({ status: 13, reason })
  }

  /** Ends it for good. */
  close(): void {
    this.#stop()
    this.#state = 'closed'
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#stream?.cancel()
    this.#stream = undefined
  }

  #open(): void {
    this.#state = 'connecting'
    this.#startedMs = this.#clock.now()
    this.#hadResponse = false
    this.#stream = this.#opener.openStream(this.#method, {
      opened: () => {
        this.#state = 'open'
        this.#listener.opened()
      },
      message: (bytes) => {
        this.#hadResponse = true
        this.#stream?.pause()
        this.#listener.response(bytes)
      },
      ended: (end) => this.#ended(end),
    })
  }

  #ended(end: StreamEnd): void {
    this.#state = 'waiting'
    this.#stream = undefined
    const delayMs = this.#hadResponse
      ? this.#backoff.afterSuccess(this.#clock.now() - this.#startedMs)
      : this.#backoff.afterFailure()
    this.#timer = this.#clock.setTimer(delayMs, () => this.#open())
    this.#listener.lost(end, this.#hadResponse, delayMs)
  }
}
