import type { ResponseHead } from '../call/response-head.js'
import { cookieValue, headerValue, type RequestValue } from '../matching/request-value.js'
import type { OverrideHost } from '../model/override-host.js'
import type { SessionCookie, SessionHeader, StatefulSessionConfig } from '../model/stateful-session-config.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'
import { readSessionToken, writeSessionToken } from './session-token.js'

/**
 * Sends the requests of a session to the endpoint that served its first one: the client keeps the address and shows it again (Envoy, "Stateful
 * session"; gRFC A55). Where another endpoint had to answer, that is the session's from then on.
 */
export class StatefulSessionFilter implements Filter {
  readonly name: string
  readonly #state: SessionCookie | SessionHeader
  readonly #strict: boolean
  readonly #read: RequestValue

  /**
   * @param name - Instance name from the listener.
   * @param state - Where the endpoint is kept.
   * @param config - The configuration.
   */
  constructor(name: string, state: SessionCookie | SessionHeader, { strict }: StatefulSessionConfig) {
    this.name = name
    this.#state = state
    this.#strict = strict
    this.#read = state.kind === 'cookie' ? cookieValue(state.name) : headerValue(state.name)
  }

  request(context: FilterContext): Verdict {
    if (!this.#counts(context)) return CONTINUE
    const token = this.#read(context.request)
    if (!token) return CONTINUE
    if (context.request.view === 'grpc') context.overrideHost = readGrpcToken(token)
    else {
      const key = this.#address(token, context)
      if (key) context.overrideHost = { key, strict: this.#strict }
    }
    return CONTINUE
  }

  response(context: FilterContext, { headers }: ResponseHead): void {
    const key = context.endpoint?.key
    // An answer of the mesh itself has no endpoint, and a session that stays where it is needs no new cookie.
    if (key === undefined || stays(key, context) || !this.#counts(context)) return
    if (this.#state.kind === 'header') headers.set(this.#state.name, Buffer.from(key).toString('base64'))
    else headers.add('set-cookie', this.#cookie(this.#state, key, context))
  }

  #address(token: string, { clock }: FilterContext): string | undefined {
    if (this.#state.kind === 'header') return Buffer.from(token, 'base64').toString()
    return readSessionToken(token, Math.floor(clock.wallTime() / 1000))
  }

  #cookie({ name, path, ttlMs, attributes }: SessionCookie, key: string, context: FilterContext): string {
    const seconds = Math.floor(ttlMs / 1000)
    const expires = seconds === 0 ? 0 : Math.floor(context.clock.wallTime() / 1000) + seconds
    const value =
      context.request.view === 'grpc'
        ? Buffer.from(`${key};${context.clusterName}`).toString('base64')
        : writeSessionToken(key, expires)
    const parts = [`${name}="${value}"`]
    if (seconds > 0) parts.push(`Max-Age=${seconds}`)
    if (path !== '') parts.push(`Path=${path}`)
    return [...parts, ...attributes, 'HttpOnly'].join('; ')
  }

  /** A cookie counts for the paths below its own (RFC 6265, 5.1.4). */
  #counts({ request }: FilterContext): boolean {
    if (this.#state.kind === 'header') return request.view === 'http'
    const { path } = this.#state
    if (path === '' || !request.path.startsWith(path)) return path === ''
    const next = request.path.charAt(path.length)
    return path.endsWith('/') || next === '' || next === '/' || next === '?' || next === '#'
  }
}

/** gRFC A60: the addresses of the endpoint, then its cluster. Its first versions wrote the cluster with the prefix of their own names. */
function readGrpcToken(token: string): OverrideHost | undefined {
  const text = Buffer.from(token, 'base64').toString()
  const end = text.indexOf(';')
  const [key] = (end < 0 ? text : text.slice(0, end)).split(',', 1)
  if (!key) return undefined
  return { key, strict: false, cluster: end < 0 ? undefined : text.slice(end + 1).replace(/^cluster:/, '') }
}

/** Whether the session goes on where it was. */
function stays(key: string, { overrideHost, request, clusterName }: FilterContext): boolean {
  return key === overrideHost?.key && (request.view === 'http' || overrideHost.cluster === clusterName)
}
