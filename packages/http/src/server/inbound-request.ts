import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HeaderEditor, RequestEditor, RequestView } from '@inmesh/core'
import { isGrpcType } from '../head/grpc-type.js'
import { isPart, readPart, setPart } from '../head/head-part.js'
import { removePairs } from '../head/remove-pairs.js'

/** Express keeps the whole path of a request here while a router that is mounted below it runs. */
interface Mounted extends IncomingMessage {
  originalUrl?: string
}

/** A request that came in, as the core sees it. */
export class InboundRequest implements RequestView {
  readonly view = 'http'
  readonly clientAddress: string
  readonly #request: Mounted
  #editor: InboundRequestEditor | undefined

  /**
   * @param request - The request.
   * @param clientAddress - Address of the client that it comes from in the end; may be empty.
   */
  constructor(request: IncomingMessage, clientAddress: string) {
    this.#request = request
    this.clientAddress = clientAddress
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get path(): string {
    return this.#request.originalUrl ?? this.#request.url ?? '/'
  }

  get authority(): string {
    return authorityOf(this.#request.headers).toLowerCase()
  }

  get editor(): RequestEditor {
    this.#editor ??= new InboundRequestEditor(this.#request)
    return this.#editor
  }

  header(name: string): string | undefined {
    return readHeader(this.#request, name)
  }

  /** Whether it is one of gRPC, which is answered in its own way. */
  get isGrpc(): boolean {
    return isGrpcType(this.#request.headers['content-type'])
  }
}

function authorityOf(headers: IncomingHttpHeaders): string {
  return headers.host ?? (headers[':authority'] as string | undefined) ?? ''
}

/** node:http joins values by a comma and a blank, where routes are matched against values that a comma joins. */
function readHeader({ headers, rawHeaders }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  if (typeof value === 'string' && !value.includes(', ')) return value
  if (value === undefined) return undefined
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() === name) values.push(rawHeaders[index + 1]!)
  }
  return values.join(',')
}

/** Changes a request in place, in every form in which an application may read its head. */
class InboundRequestEditor implements RequestEditor, HeaderEditor {
  readonly #request: Mounted
  /** Both are derived from `rawHeaders` when first read, up to the length that those had in the beginning. */
  readonly #headers: IncomingHttpHeaders
  readonly #distinct: NodeJS.Dict<string[]> | undefined

  constructor(request: Mounted) {
    this.#request = request
    this.#headers = request.headers
    this.#distinct = request.headersDistinct
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  set method(method: string) {
    this.#request.method = method
  }

  get path(): string {
    return this.#request.originalUrl ?? this.#request.url ?? '/'
  }

  /** Below a mounted router it stays as it is: what the router took off cannot be told from the new path. */
  set path(path: string) {
    const { originalUrl, url } = this.#request
    if (originalUrl === undefined || originalUrl === url) this.#request.url = path
  }

  get authority(): string {
    return authorityOf(this.#headers)
  }

  set authority(authority: string) {
    this.#replace(this.#headers.host === undefined ? ':authority' : 'host', authority)
  }

  get headers(): HeaderEditor {
    return this
  }

  /** There is one attempt: the application gets the request once. */
  beginAttempt(): void {}

  get(name: string): string | undefined {
    return readPart(this, name) ?? readHeader(this.#request, name)
  }

  add(name: string, value: string): void {
    if (isPart(name)) this.set(name, value)
    else this.#add(name, value)
  }

  set(name: string, value: string): void {
    if (isPart(name)) setPart(this, name, value)
    else this.#replace(name, value)
  }

  /** A part of the request line cannot be removed. */
  remove(name: string): void {
    if (!isPart(name)) this.#remove((given) => given === name)
  }

  removeMatching(test: (name: string) => boolean): void {
    this.#remove((name) => !isPart(name) && test(name))
  }

  #replace(name: string, value: string): void {
    this.#remove((given) => given === name)
    this.#add(name, value)
  }

  #add(name: string, value: string): void {
    const before = this.#headers[name]
    if (name === 'set-cookie') this.#headers[name] = [...(this.#headers[name] ?? []), value]
    else if (before === undefined) this.#headers[name] = value
    else this.#headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`
    if (this.#distinct !== undefined) this.#distinct[name] = [...(this.#distinct[name] ?? []), value]
    this.#request.rawHeaders.push(name, value)
  }

  #remove(test: (name: string) => boolean): void {
    for (const name in this.#headers) if (test(name)) delete this.#headers[name]
    for (const name in this.#distinct) if (test(name)) delete this.#distinct[name]
    removePairs(this.#request.rawHeaders, (name) => test(name.toLowerCase()))
  }
}
