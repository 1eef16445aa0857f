import type { ResponseView } from '@inmesh/core'
import type { RawHeaders } from './legacy-handler.js'

/** The head of a response as undici gives it. */
export class RawResponse implements ResponseView {
  readonly #headers: RawHeaders

  /**
   * @param headers - Names and values in turn.
   */
  constructor(headers: RawHeaders) {
    this.#headers = headers
  }

  header(name: string): string | undefined {
    return readRawHeader(this.#headers, name)
  }
}

/**
 * Reads a header of a response.
 *
 * @param headers - Headers as undici gives them.
 * @param name - Lower-case name.
 * @returns the value, several values joined by `,`; undefined when there is none.
 */
export function readRawHeader(headers: RawHeaders, name: string): string | undefined {
  let found: string | undefined
  for (let index = 0; index + 1 < headers.length; index += 2) {
    // A length tells nearly all names apart, without making a string.
    if (headers[index]!.length !== name.length || headers[index]!.toString('latin1').toLowerCase() !== name) continue
    const value = headers[index + 1]!.toString('latin1')
    found = found === undefined ? value : `${found},${value}`
  }
  return found
}
