import type { HeaderEditor, RequestEditor } from '@inmesh/core'
import { isPart, readPart, setPart } from '../head/head-part.js'
import { removePairs } from '../head/remove-pairs.js'
import { type RequestHeaders, steers } from './request-headers.js'

/** Changes headers as a flat array of names and values, in place. */
class FlatHeaderEditor {
  readonly list: string[]

  constructor(list: string[]) {
    this.list = list
  }

  get(name: string): string | undefined {
    let found: string | undefined
    for (let index = 0; index < this.list.length; index += 2) {
      if (this.list[index]!.toLowerCase() !== name) continue
      const value = this.list[index + 1]!
      found = found === undefined ? value : `${found},${value}`
    }
    return found
  }

  removeMatching(test: (name: string) => boolean): void {
    removePairs(this.list, (name) => test(name.toLowerCase()))
  }
}

/** The head of a request that is changed, apart from what its caller gave. */
export class RequestHeadEditor implements RequestEditor, HeaderEditor {
  method: string
  path: string
  authority: string
  #headers: FlatHeaderEditor
  /** The caller's headers for the mesh: they are read, and never sent. */
  readonly #steering: FlatHeaderEditor
  #before: { method: string; path: string; authority: string; headers: readonly string[] } | undefined

  private constructor(method: string, path: string, authority: string, headers: string[], steering: string[]) {
    this.method = method
    this.path = path
    this.authority = authority
    this.#headers = new FlatHeaderEditor(headers)
    this.#steering = new FlatHeaderEditor(steering)
  }

  /**
   * @param method - HTTP method.
   * @param path - Path with its query string.
   * @param authority - Host and perhaps port; takes the place of any `host` header.
   * @param headers - The caller's, which stay as they are.
   */
  static of(method: string, path: string, authority: string, headers: RequestHeaders): RequestHeadEditor {
    const flat = flatHeaders(headers)
    const editor = new RequestHeadEditor(method, path, authority, flat, [...flat])
    editor.#headers.removeMatching((name) => name === 'host' || steers(name))
    editor.#steering.removeMatching((name) => !steers(name))
    return editor
  }

  /** The head as it is now, to be changed apart; without the caller's headers for the mesh. */
  copy(): RequestHeadEditor {
    return new RequestHeadEditor(this.method, this.path, this.authority, [...this.#headers.list], [])
  }

  /** The headers as a flat array, without `host`. */
  get list(): readonly string[] {
    return this.#headers.list
  }

  get headers(): HeaderEditor {
    return this
  }

  beginAttempt(): void {
    const before = this.#before
    if (before === undefined) {
      const { method, path, authority } = this
      this.#before = { method, path, authority, headers: [...this.#headers.list] }
      return
    }
    this.method = before.method
    this.path = before.path
    this.authority = before.authority
    this.#headers = new FlatHeaderEditor([...before.headers])
  }

  get(name: string): string | undefined {
    return readPart(this, name) ?? this.#headers.get(name) ?? this.#steering.get(name)
  }

  add(name: string, value: string): void {
    if (isPart(name)) this.set(name, value)
    else this.#headers.list.push(name, value)
  }

  set(name: string, value: string): void {
    if (isPart(name)) {
      setPart(this, name, value)
      return
    }
    this.remove(name)
    this.#headers.list.push(name, value)
  }

  /** A part of the request line cannot be removed. */
  remove(name: string): void {
    this.removeMatching((given) => given === name)
  }

  removeMatching(test: (name: string) => boolean): void {
    this.#headers.removeMatching(test)
    this.#steering.removeMatching(test)
  }
}

function flatHeaders(headers: RequestHeaders): string[] {
  const flat: string[] = []
  if (Array.isArray(headers)) {
    for (let index = 0; index < headers.length; index += 2) addValues(flat, headers[index]!, headers[index + 1])
  } else {
    for (const [name, value] of Object.entries(headers ?? {})) addValues(flat, name, value)
  }
  return flat
}

/** As undici reads them: a list is several headers, and what is undefined is none. */
function addValues(flat: string[], name: string, value: unknown): void {
  if (value === undefined) return
  if (!Array.isArray(value)) flat.push(name, value === null ? '' : String(value))
  else for (const item of value) flat.push(name, String(item))
}
