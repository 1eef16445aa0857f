import { validateHeaderName } from 'node:http'
import { errors } from 'undici'

/** An application writes few names; whoever makes them up must not fill the memory. */
const LIMIT = 1024

/** Names of headers in lower case, as HTTP/2 wants them, by what callers write: each name is looked at once. */
export class HeaderNames {
  readonly #known = new Map<string, string>()

  /**
   * @param name - As the caller writes it.
   * @returns the same in lower case.
   * @throws InvalidArgumentError of undici's when it is no name.
   */
  lower(name: string): string {
    return this.#known.get(name) ?? this.#learn(name)
  }

  #learn(name: string): string {
    try {
      validateHeaderName(name)
    } catch (cause) {
      throw Object.assign(new errors.InvalidArgumentError('invalid header key'), { cause })
    }
    const lower = name.toLowerCase()
    if (this.#known.size < LIMIT) this.#known.set(name, lower)
    return lower
  }
}
