import { validateHeaderValue } from 'node:http'
import { stringify } from 'node:querystring'
import { type Dispatcher, errors } from 'undici'
import type { HeaderNames } from './header-names.js'

/** As undici checks the path of a request. */
const NOT_OF_A_PATH = /[^\u0021-\u00ff]/

/** Bodies of these methods have a length even when they are empty (RFC 9110, 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(['PUT', 'POST', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/** What all requests over a connection have in common. */
export interface RequestOrigin {
  /** What requests are addressed to unless they have a `host` header. */
  readonly authority: string
  /** `http` or `https`. */
  readonly scheme: string
  /** Names of headers that were seen. */
  readonly names: HeaderNames
}

type Value = string | string[]

/**
 * The head of a request as HTTP/2 has it (RFC 9113, 8.2 and 8.3): names in lower case, `host` as `:authority`, nothing that speaks of the
 * connection. What undici refuses in HTTP/1.1 is refused in the same words.
 */
export class RequestHead {
  /** In the form that node:http2 takes. */
  readonly fields: Record<string, Value> = Object.create(null) as Record<string, Value>
  /** Length of the body, as the caller says. */
  contentLength: number | undefined = undefined
  readonly #names: HeaderNames
  /** Names in a `connection` header, which are the connection's own. */
  #ofConnection: string | undefined

  /**
   * @param options - As given to `dispatch`.
   * @param origin - What it has in common with others.
   */
  constructor(options: Dispatcher.DispatchOptions, origin: RequestOrigin) {
    const { method, path } = options
    const { fields } = this
    this.#names = origin.names
    fields[':method'] = method
    if (method === 'CONNECT') {
      fields[':authority'] = path
    } else {
      fields[':scheme'] = origin.scheme
      fields[':authority'] = origin.authority
      fields[':path'] = pathOf(path, options.query)
    }
    this.#addAll(options.headers)
    if (this.#ofConnection !== undefined) this.#removeOfConnection(this.#ofConnection)
  }

  /**
   * Says how long the body is, and what it is where the caller does not.
   *
   * @param length - In bytes; undefined when it is not known.
   * @param type - Content type, where the body tells it.
   */
  describeBody(length: number | undefined, type: string | undefined): void {
    const { fields } = this
    const said = this.contentLength
    if (length !== undefined && length > 0 && said !== undefined && said !== length) {
      throw new errors.RequestContentLengthMismatchError()
    }
    const known = length ?? said
    const tells = known !== undefined && (known > 0 || WITH_CONTENT.has(fields[':method'] as string))
    if (tells) fields['content-length'] = String(known)
    if (type !== undefined && fields['content-type'] === undefined) fields['content-type'] = type
  }

  #addAll(headers: Dispatcher.DispatchOptions['headers']): void {
    if (headers === null || headers === undefined) return
    if (Array.isArray(headers)) {
      if (headers.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even')
      for (let index = 0; index < headers.length; index += 2) this.#add(headers[index]!, headers[index + 1])
    } else {
      // An iterable was made an array before it came here.
      const record = headers as Record<string, unknown>
      for (const name in record) this.#add(name, record[name])
    }
  }

  #add(given: string, value: unknown): void {
    if (value === undefined) return
    const name = this.#names.lower(given)
    switch (name) {
      case 'host':
        if (typeof value !== 'string') throw new errors.InvalidArgumentError('invalid host header')
        if (this.fields[':method'] !== 'CONNECT') this.fields[':authority'] = checked(name, value)
        return
      case 'content-length':
        this.contentLength = lengthOf(value)
        return
      case 'connection':
        if (typeof value !== 'string') throw new errors.InvalidArgumentError('invalid connection header')
        this.#ofConnection = value
        return
      case 'transfer-encoding':
      case 'keep-alive':
      case 'upgrade':
        throw new errors.InvalidArgumentError(`invalid ${name} header`)
      case 'expect':
        throw new errors.NotSupportedError('expect header not supported')
      case 'proxy-connection':
      case 'http2-settings':
        return
      case 'te':
        // RFC 9113, 8.2.2: it may say that trailers are welcome, and nothing else.
        if (/\btrailers\b/i.test(String(value))) this.fields.te = 'trailers'
        return
    }
    if (!Array.isArray(value)) this.#append(name, checked(name, value))
    else for (const item of value) this.#append(name, checked(name, item))
  }

  #append(name: string, value: string): void {
    const { fields } = this
    const before = fields[name]
    if (before === undefined) fields[name] = value
    // RFC 9113, 8.2.3: the pieces of a cookie are one header to the application.
    else if (name === 'cookie') fields[name] = `${before as string}; ${value}`
    else if (Array.isArray(before)) before.push(value)
    else fields[name] = [before, value]
  }

  #removeOfConnection(tokens: string): void {
    for (const token of tokens.split(',')) {
      const name = token.trim().toLowerCase()
      if (name === 'te' || name.startsWith(':')) continue
      delete this.fields[name]
    }
  }
}

function pathOf(path: string, query: Dispatcher.DispatchOptions['query']): string {
  if (path[0] !== '/' && path !== '*') {
    throw new errors.InvalidArgumentError('path must be an absolute URL or start with a slash')
  }
  if (NOT_OF_A_PATH.test(path)) throw new errors.InvalidArgumentError('invalid request path')
  if (query === null || query === undefined) return path
  if (path.includes('?') || path.includes('#')) {
    throw new errors.InvalidArgumentError('Query params cannot be passed when url already contains "?" or "#".')
  }
  const text = stringify(query)
  return text === '' ? path : `${path}?${text}`
}

function lengthOf(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\d+$/.test(text)) {
    throw new errors.InvalidArgumentError('invalid content-length header')
  }
  return Number(text)
}

function checked(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : textOf(name, value)
  try {
    validateHeaderValue(name, text)
  } catch (cause) {
    throw Object.assign(new errors.InvalidArgumentError(`invalid ${name} header`), { cause })
  }
  return text
}

function textOf(name: string, value: unknown): string {
  if (value === null) return ''
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
    throw new errors.InvalidArgumentError(`invalid ${name} header`)
  }
  return String(value)
}
