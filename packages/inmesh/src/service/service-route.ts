import { MeshError } from '@inmesh/core'
import type { MeshCallOptions, MeshFetch, MeshRequestInit } from '@inmesh/http'
import type { RequestInfo, Response } from 'undici'
import { GuardedCalls } from './guarded-calls.js'
import type { ServiceBreaker } from './service-breaker.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { ServiceOrigin } from './service-origin.js'
import type { ServiceSettings } from './service-settings.js'

/** Calls of a service that belong together: the time limit and the breaker of a route, or of all that is called without one. */
export class ServiceRoute {
  /** Name of the service; of a route that of the service, a space and that of the route. */
  readonly name: string
  /** Its circuit breaker; undefined where it has none. */
  readonly breaker: ServiceBreaker | undefined
  /**
   * `mesh.fetch` of something of this service, which can be handed on by itself. Takes a path from the root of the service, or an absolute URL or
   * request of the same origin; with another origin it rejects with a `TypeError` whose cause has the code ERR_INMESH_OPTIONS. Options `mesh` of
   * a call come before those of the service, one by one. Where the breaker is open, the response is its fallback's or the mesh's own: 503 with the
   * text `circuit breaker open`, or with `localReply: 'throw'` an error whose cause has the code ERR_INMESH_CIRCUIT_OPEN.
   */
  readonly fetch: MeshFetch = (input, init) => this.#fetch(input, init)
  readonly #calls: GuardedCalls | undefined
  readonly #origin: ServiceOrigin
  readonly #environment: ServiceEnvironment
  /** What each call takes from here; undefined where that is nothing. */
  readonly #callOptions: MeshCallOptions | undefined
  readonly #init: MeshRequestInit | undefined

  /**
   * @param name - See {@link ServiceRoute.name}.
   * @param origin - Where the service is.
   * @param settings - Options, checked.
   * @param environment - The mesh.
   * @internal
   */
  constructor(name: string, origin: ServiceOrigin, settings: ServiceSettings, environment: ServiceEnvironment) {
    const { timeoutMs, idempotent, breaker } = settings
    this.name = name
    this.#calls = breaker && new GuardedCalls(name, breaker, environment)
    this.breaker = this.#calls?.breaker
    this.#origin = origin
    this.#environment = environment
    this.#callOptions = timeoutMs === undefined && !idempotent ? undefined : Object.freeze({ timeoutMs, idempotent })
    this.#init = this.#callOptions && Object.freeze({ mesh: this.#callOptions })
  }

  #fetch(input: RequestInfo, init: MeshRequestInit | undefined): Promise<Response> {
    const target = this.#origin.resolve(input)
    if (target === undefined) return Promise.reject(this.#elsewhere(input))
    const own = this.#complete(init)
    const calls = this.#calls
    return calls === undefined ? this.#environment.fetch(target, own) : calls.send(target, own, input, init)
  }

  #complete(init: MeshRequestInit | undefined): MeshRequestInit | undefined {
    const options = this.#callOptions
    if (options === undefined) return init
    if (init === undefined) return this.#init
    const { mesh } = init
    if (mesh === undefined) return { ...init, mesh: options }
    const { timeoutMs = options.timeoutMs, idempotent = options.idempotent } = mesh
    return { ...init, mesh: { ...mesh, timeoutMs, idempotent } }
  }

  #elsewhere(input: RequestInfo): TypeError {
    const url = typeof input === 'string' || input instanceof URL ? String(input) : input.url
    const detail = `${url} is not of the service ${this.#origin.name}, whose URLs begin with ${this.#origin.origin}`
    return new TypeError('fetch failed', { cause: new MeshError('ERR_INMESH_OPTIONS', detail) })
  }
}
