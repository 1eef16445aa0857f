import type { Clock, Random } from '@inmesh/core'

/** How a simulated attempt ends. */
export type UpstreamOutcome =
  | { readonly kind: 'response'; readonly status: number; readonly bodyMs: number; readonly breaks: boolean }
  | { readonly kind: 'failure'; readonly failure: 'connect' | 'reset'; readonly written: boolean }

/** What befalls the requests to one simulated address. */
export interface Fate {
  /** Refuses connections. */
  readonly down: boolean
  /** Share of requests answered 503, 0 to 1. */
  readonly errors: number
  /** Share of requests whose connection breaks in the middle, 0 to 1. */
  readonly resets: number
  /** Share of responses that break off after their head, 0 to 1. Default 0. */
  readonly breaks?: number
}

/** Servers by address, each with a fate that the simulation changes. */
export class Upstreams {
  readonly #clock: Clock
  readonly #random: Random
  readonly #fates = new Map<string, Fate>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Whether connections to the address are accepted now. */
  accepts(key: string): boolean {
    return !(this.#fates.get(key)?.down ?? false)
  }

  setFate(key: string, fate: Fate): void {
    this.#fates.set(key, fate)
  }

  /** Lets every address work again. */
  heal(): void {
    this.#fates.clear()
  }

  /** Sends a request; the answer comes some simulated milliseconds later. */
  send(key: string, answer: (outcome: UpstreamOutcome) => void): void {
    const latencyMs = this.#random.below(20)
    this.#clock.setTimer(latencyMs, () => answer(this.#outcome(key)))
  }

  #outcome(key: string): UpstreamOutcome {
    const fate = this.#fates.get(key)
    if (fate === undefined) return this.#response(200)
    if (fate.down) return { kind: 'failure', failure: 'connect', written: false }
    const drawn = this.#random.next()
    if (drawn < fate.resets) return { kind: 'failure', failure: 'reset', written: true }
    if (drawn < fate.resets + fate.errors) return this.#response(503)
    return this.#response(200, fate.breaks)
  }

  #response(status: number, breaks = 0): UpstreamOutcome {
    return {
      kind: 'response',
      status,
      bodyMs: this.#random.below(5),
      breaks: breaks > 0 && this.#random.next() < breaks,
    }
  }
}
