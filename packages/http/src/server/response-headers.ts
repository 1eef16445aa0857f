import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { HeaderEditor, ResponseHead } from '@inmesh/core'

/** Headers of a response of node:http that are not sent yet. */
export class ResponseHeaders implements HeaderEditor {
  readonly #response: ServerResponse

  /**
   * @param response - The response.
   */
  constructor(response: ServerResponse) {
    this.#response = response
  }

  get(name: string): string | undefined {
    const value = this.#response.getHeader(name)
    if (value === undefined) return undefined
    return Array.isArray(value) ? value.join(',') : String(value)
  }

  add(name: string, value: string): void {
    const before = this.#response.getHeader(name)
    if (before === undefined) this.#response.setHeader(name, value)
    else this.#response.setHeader(name, [...(Array.isArray(before) ? before : [String(before)]), value])
  }

  set(name: string, value: string): void {
    this.#response.setHeader(name, value)
  }

  remove(name: string): void {
    this.#response.removeHeader(name)
  }

  removeMatching(test: (name: string) => boolean): void {
    for (const name of this.#response.getHeaderNames()) if (test(name)) this.#response.removeHeader(name)
  }
}

type GivenHeaders = OutgoingHttpHeaders | OutgoingHttpHeader[]
type WriteHead = (
  this: ServerResponse,
  status: number,
  reason?: string | GivenHeaders,
  headers?: GivenHeaders,
) => ServerResponse

/**
 * Shows the head of a response before it is written, whatever writes it: `writeHead` is where all ways of node:http meet.
 *
 * @param response - The response.
 * @param change - May change the headers.
 */
export function beforeHead(response: ServerResponse, change: (head: ResponseHead) => void): void {
  const hooked = response as { writeHead: WriteHead }
  const original = hooked.writeHead
  hooked.writeHead = function (status, reason, headers) {
    hooked.writeHead = original
    const [text, given] = typeof reason === 'string' ? [reason, headers] : [undefined, headers ?? reason]
    if (given !== undefined) takeOver(this, given)
    change({ status, headers: new ResponseHeaders(this) })
    return text === undefined ? original.call(this, status) : original.call(this, status, text)
  }
}

/** Of headers that are given with the head those of one name stand together, and take the place of what was set before. */
function takeOver(response: ServerResponse, given: GivenHeaders): void {
  const values = new Map<string, string[] | OutgoingHttpHeader>()
  if (Array.isArray(given)) {
    for (let index = 0; index + 1 < given.length; index += 2) {
      const name = String(given[index])
      const before = values.get(name) as string[] | undefined
      values.set(name, [...(before ?? []), String(given[index + 1])])
    }
  } else {
    for (const [name, value] of Object.entries(given)) if (value !== undefined) values.set(name, value)
  }
  for (const [name, value] of values) {
    const only = Array.isArray(value) && value.length === 1 ? value[0]! : value
    response.setHeader(name, only)
  }
}
