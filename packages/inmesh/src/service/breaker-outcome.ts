import type { BreakerState } from './breaker-state.js'

/** What a breaker did with a call. */
export interface BreakerOutcome {
  /** Name of the breaker: of its service, or of service and route as `reviews ratings`. */
  readonly breaker: string
  /** State in which it found the call. */
  readonly state: BreakerState
  /** What became of it; `uncounted` says nothing about the upstream. */
  readonly result: 'success' | 'failure' | 'uncounted' | 'rejected'
  /** Whether the fallback was asked for the answer. */
  readonly fallback: boolean
}

/** The outcomes of a mesh's calls, by the response or error that the caller got, for as long as it keeps that. */
export class BreakerOutcomes {
  readonly #outcomes = new WeakMap<object, BreakerOutcome>()

  /**
   * @param answer - Response or error as the caller gets it. Errors that are no objects are not recorded.
   * @param outcome - What became of the call.
   */
  record(answer: unknown, outcome: BreakerOutcome): void {
    if (typeof answer === 'object' && answer !== null) this.#outcomes.set(answer, outcome)
  }

  /**
   * @param answer - Response or error as the caller got it.
   * @returns undefined for a call that no breaker had to do with.
   */
  of(answer: object): BreakerOutcome | undefined {
    return this.#outcomes.get(answer)
  }
}
