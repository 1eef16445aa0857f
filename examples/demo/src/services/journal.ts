import { appendFileSync } from 'node:fs'

/**
 * An instance's account of what it did. Each line is in the file before the work goes on, so that the account is true even of an instance
 * that is killed: the demo compares it with what the clients saw.
 */
export class Journal {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** The instance took a request. */
  began(method: string, id: string): void {
    appendFileSync(this.#file, `began ${method} ${id}\n`)
  }

  /** The instance is done with a request, and the answer goes out next. */
  ended(method: string, id: string): void {
    appendFileSync(this.#file, `ended ${method} ${id}\n`)
  }
}
