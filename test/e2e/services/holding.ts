import { say } from '../../support/commands.js'

/** Requests that an instance received and does not answer for the time being, so that a test can be sure that they are under way. */
export class Holding {
  #released: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  /** From now on requests wait. */
  hold(): void {
    say({ event: 'holding' })
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  /** Lets those that wait go, and new ones pass. */
  release(): void {
    this.#release()
  }

  /** Tells the test that a request is here, and lets it wait while that is wanted. */
  async pass(method: string): Promise<void> {
    say({ event: 'received', method })
    await this.#released
  }
}
