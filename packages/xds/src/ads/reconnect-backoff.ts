import type { Random } from '@inmesh/core'

const initialMs = 1_000
const multiplier = 1.6
const maximumMs = 120_000
const jitter = 0.2

/** Time between attempts to open a stream, as gRPC's connection back-off has it: 1 s, times 1.6 each, at most 120 s, 20 % either way. */
export class ReconnectBackoff {
  readonly #random: Random
  #nextMs = initialMs

  constructor(random: Random) {
    this.#random = random
  }

  /** Milliseconds to wait after one more failure. */
  afterFailure(): number {
    const delayMs = this.#jittered(this.#nextMs)
    this.#nextMs = Math.min(this.#nextMs * multiplier, maximumMs)
    return delayMs
  }

  /**
   * Milliseconds to wait after a stream that worked. Reconnecting is immediate (gRFC A57), but not for a server that answers once and
   * closes: streams start at least the initial back-off apart.
   *
   * @param streamAgeMs - Milliseconds since the stream was started.
   */
  afterSuccess(streamAgeMs: number): number {
    this.#nextMs = initialMs
    return Math.max(0, this.#jittered(initialMs) - streamAgeMs)
  }

  #jittered(delayMs: number): number {
    return delayMs * (1 - jitter + 2 * jitter * this.#random.next())
  }
}
