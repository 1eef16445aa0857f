/** Requests that an instance answers with an error for the time being. */
export class Failing {
  #failing = false

  /** From now on requests fail, or no longer. */
  fail(failing: boolean): void {
    this.#failing = failing
  }

  /** Status of an answer. */
  get status(): number {
    return this.#failing ? 503 : 200
  }
}
