import type { IncomingMessage } from 'node:http'
import { pathWithoutQuery } from '@inmesh/core'

const ANY_METHOD = '*'

/** Requests that the listener of their server does not apply to. */
export class Exemptions {
  readonly #keys = new Set<string>()

  /**
   * Counts requests among them.
   *
   * @param path - A path, without a query string.
   * @param method - A method in upper case. Default: any.
   */
  add(path: string, method = ANY_METHOD): void {
    this.#keys.add(`${method} ${path}`)
  }

  /**
   * Whether a request is one of them.
   *
   * @param request - The request.
   */
  has({ method, url = '' }: IncomingMessage): boolean {
    const path = pathWithoutQuery(url)
    return this.#keys.has(`${ANY_METHOD} ${path}`) || this.#keys.has(`${method} ${path}`)
  }
}
