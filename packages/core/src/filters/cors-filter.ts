import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { RequestView } from '../call/request-view.js'
import type { ResponseHead } from '../call/response-head.js'
import { compileStringMatch, type StringMatcher } from '../matching/string-matcher.js'
import type { CorsConfig } from '../model/cors-config.js'
import { happens } from '../ports/happens.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'

/** Answers preflight requests, and tells browsers on responses which origins may read them (Envoy, "CORS"). */
export class CorsFilter implements Filter {
  readonly name: string
  readonly #policy: CorsConfig
  readonly #origins: readonly StringMatcher[]
  readonly #detail: string
  /** The origin of requests that are under way and allowed: a share of the requests is drawn once for request and response. */
  readonly #allowed = new WeakMap<FilterContext, string>()

  /**
   * @param name - Instance name from the listener.
   * @param policies - Policies of all levels, the most specific first; at least one.
   */
  constructor(name: string, policies: readonly CorsConfig[]) {
    this.name = name
    this.#policy = mergePolicies(policies)
    this.#origins = (this.#policy.allowOrigins ?? []).map(compileStringMatch)
    this.#detail = `preflight request, answered by filter ${name}`
  }

  request(context: FilterContext): Verdict {
    const { request } = context
    const origin = request.header('origin')
    if (origin === undefined || origin === '' || !this.#enabled(context)) return CONTINUE
    const allowed = this.#allows(origin)
    if (allowed) this.#allowed.set(context, origin)
    if (request.method !== 'OPTIONS' || !request.header('access-control-request-method')) return CONTINUE
    if (!allowed && this.#policy.forwardUnmatchedPreflights !== false) return CONTINUE
    return this.#preflight(request, allowed ? origin : '')
  }

  response(context: FilterContext, { headers }: ResponseHead): void {
    const origin = this.#allowed.get(context)
    if (origin === undefined) return
    const { allowCredentials, exposeHeaders } = this.#policy
    headers.set('access-control-allow-origin', origin)
    if (allowCredentials === true) headers.set('access-control-allow-credentials', 'true')
    if (exposeHeaders !== undefined) headers.set('access-control-expose-headers', exposeHeaders)
  }

  #enabled({ random }: FilterContext): boolean {
    const { enabled } = this.#policy
    return enabled === undefined || happens(random, enabled.perMillion)
  }

  /** A condition that matches `*` allows every origin, as in Envoy. */
  #allows(origin: string): boolean {
    return this.#origins.some((matches) => matches('*') || matches(origin))
  }

  #preflight(request: RequestView, origin: string): LocalReply {
    const { allowCredentials, allowMethods, allowHeaders, maxAge, allowPrivateNetworkAccess } = this.#policy
    const headers: string[] = []
    const add = (name: string, value: string | undefined): void => {
      if (value !== undefined && value !== '') headers.push(`access-control-${name}`, value)
    }
    const asked = (name: string): string | undefined => request.header(`access-control-request-${name}`)
    add('allow-origin', origin)
    if (allowCredentials === true) add('allow-credentials', 'true')
    add('allow-methods', allowMethods === '*' ? asked('method') : allowMethods)
    add('allow-headers', allowHeaders === '*' ? asked('headers') : allowHeaders)
    add('max-age', maxAge)
    if (allowPrivateNetworkAccess === true && asked('private-network') === 'true') add('allow-private-network', 'true')
    return { ...localReplies.configured(200, headers, '', this.#detail), verbatim: true }
  }
}

/** Each part is that of the most specific level that has it; the share of the requests only ever that of the first. */
function mergePolicies(policies: readonly CorsConfig[]): CorsConfig {
  const { enabled: _, ...general } = Object.assign({}, ...[...policies].reverse()) as CorsConfig
  const enabled = policies[0]?.enabled
  return enabled === undefined ? general : { ...general, enabled }
}
