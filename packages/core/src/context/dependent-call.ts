/**
 * A call that ends with the request that it is made for. It is itself a link in the list of them, so that nothing is allocated for a call
 * that is never cancelled.
 */
export abstract class DependentCall {
  #calls: DependentCalls | undefined = undefined
  #previous: DependentCall | undefined = undefined
  #next: DependentCall | undefined = undefined

  /**
   * Ends the call; does nothing when it is over.
   *
   * @param reason - What its caller hears.
   */
  abstract abort(reason: Error): void

  /**
   * From now on the call ends with the others.
   *
   * @param calls - A list; the call is in none yet.
   * @internal
   */
  join(calls: DependentCalls): void {
    const { first } = calls
    if (first !== undefined) first.#previous = this
    this.#next = first
    this.#calls = calls
    calls.first = this
  }

  /** The call is over, or need not end with its request any more. May be called at any time. */
  leave(): void {
    const calls = this.#calls
    if (calls === undefined) return
    if (this.#next !== undefined) this.#next.#previous = this.#previous
    if (this.#previous === undefined) calls.first = this.#next
    else this.#previous.#next = this.#next
    this.#calls = undefined
    this.#previous = undefined
    this.#next = undefined
  }
}

/** The calls under way that end with one request. */
export class DependentCalls {
  /** The one that joined last. */
  first: DependentCall | undefined = undefined

  /**
   * Ends all of them.
   *
   * @param reason - What their callers hear.
   */
  abort(reason: Error): void {
    for (let call = this.first; call !== undefined; call = this.first) {
      // What it tells its caller may end others.
      call.leave()
      call.abort(reason)
    }
  }
}
