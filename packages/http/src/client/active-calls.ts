import { DependentCall } from '@inmesh/core'

/** A call, as far as ending it goes. */
export interface Abortable {
  /** Ends it with an error. */
  abort(reason: Error): void
}

/** A call that its dispatcher counts until it is over. */
export abstract class ActiveCall extends DependentCall implements Abortable {
  /** Where it is counted. */
  protected readonly calls: ActiveCalls
  #counted = true
  #listed = false

  /**
   * @param calls - Where it is counted once it has begun.
   */
  constructor(calls: ActiveCalls) {
    super()
    this.calls = calls
  }

  /** No connection of the carrier would tell of its end. */
  protected list(): void {
    if (this.#listed) return
    this.#listed = true
    this.calls.unconnected.add(this)
  }

  /** Nothing that is in the list need end it. */
  protected unlist(): void {
    if (this.#listed) this.calls.unconnected.delete(this)
  }

  /** It is over; may be said again. */
  protected uncount(): void {
    this.leave()
    if (!this.#counted) return
    this.#counted = false
    this.calls.ended()
  }
}

/** The calls of one dispatcher that have not ended. */
export class ActiveCalls {
  /** Those that no connection of the carrier would tell of its end: they wait, or go to a host outside the mesh. */
  readonly unconnected = new Set<Abortable>()
  #count = 0
  #destroyed = false
  #onIdle: (() => void) | undefined

  /** Whether every call was ended by force. */
  get destroyed(): boolean {
    return this.#destroyed
  }

  /** A call begins. */
  began(): void {
    this.#count++
  }

  /** A call has ended. */
  ended(): void {
    this.#count--
    if (this.#count === 0) this.#onIdle?.()
  }

  /** Resolves as soon as there is none; at once when there is none now. */
  async whenNone(): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  /**
   * Ends those that no connection would tell of its end.
   *
   * @param reason - What they end with.
   */
  destroy(reason: Error): void {
    this.#destroyed = true
    for (const call of this.unconnected) call.abort(reason)
  }
}
