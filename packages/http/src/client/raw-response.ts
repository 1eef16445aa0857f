import type { HeaderEditor, ResponseHead, ResponseView } from '@inmesh/core'
import { removePairs } from '../head/remove-pairs.js'
import type { RawHeaders } from './legacy-handler.js'

/** The head of a response as undici gives it. Its headers are changed in place. */
export class RawResponse implements ResponseView, ResponseHead, HeaderEditor {
  readonly status: number
  readonly #raw: RawHeaders

  /**
   * @param status - HTTP status.
   * @param raw - Names and values in turn.
   */
  constructor(status: number, raw: RawHeaders) {
    this.status = status
    this.#raw = raw
  }

  get headers(): HeaderEditor {
    return this
  }

  header(name: string): string | undefined {
    return readRawHeader(this.#raw, name)
  }

  get(name: string): string | undefined {
    return readRawHeader(this.#raw, name)
  }

  add(name: string, value: string): void {
    this.#raw.push(Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'))
  }

  set(name: string, value: string): void {
    this.remove(name)
    this.add(name, value)
  }

  remove(name: string): void {
    removePairs(this.#raw, (given) => isNamed(given, name))
  }

  removeMatching(test: (name: string) => boolean): void {
    removePairs(this.#raw, (given) => test(given.toString('latin1').toLowerCase()))
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
    if (!isNamed(headers[index]!, name)) continue
    const value = headers[index + 1]!.toString('latin1')
    found = found === undefined ? value : `${found},${value}`
  }
  return found
}

function isNamed(given: Buffer, name: string): boolean {
  // A length tells nearly all names apart, without making a string.
  return given.length === name.length && given.toString('latin1').toLowerCase() === name
}
