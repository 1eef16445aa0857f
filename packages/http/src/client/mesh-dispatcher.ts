import { type ContextStore, type DataPlane, MeshError, TracePropagation, type Tracer } from '@inmesh/core'
import { Agent, Dispatcher, errors } from 'undici'
import { ActiveCalls } from './active-calls.js'
import { checkCallOptions, type MeshDispatchOptions } from './call-options.js'
import type { CallOutcome } from './call-outcome.js'
import { CallRecords, type FollowedCall } from './call-progress.js'
import { ClientCall } from './client-call.js'
import type { ClientScope } from './client-scope.js'
import type { HttpCarrier } from './http-carrier.js'
import { type MirrorStatistics, MirrorTraffic } from './mirror-traffic.js'
import { OriginTable } from './origin.js'
import { OutboundPolicy } from './outbound-policy.js'
import { OutboundRequest } from './outbound-request.js'
import { discardBody } from './request-body.js'
import { mayBeInternal } from './request-headers.js'
import { asLegacyHandler } from './response-handler-adapter.js'
import { type AuthorityCertificates, Trust } from './tls/trust.js'

/** What a {@link MeshDispatcher} is made of. */
export interface MeshDispatcherOptions {
  /** Knows targets, clusters and endpoints; must have been made with `carrier`. */
  readonly plane: DataPlane
  /** Makes the connections. The dispatcher closes it. */
  readonly carrier: HttpCarrier
  /**
   * Context of inbound requests: requests made inside one carry its trace, baggage and priority, end by its deadline and, as their options
   * say, when its caller goes away. Default: none.
   */
  readonly context?: ContextStore
  /** How calls tell the traces that they belong to. Default: in the default formats. */
  readonly propagation?: TracePropagation
  /** Makes spans of calls. Default: there are none. */
  readonly tracer?: Tracer | undefined
  /** Which hosts calls may go to, and which of them the mesh looks at. Default: to every host. */
  readonly outbound?: OutboundPolicy
  /**
   * Carries requests to hosts outside the mesh: IP addresses, `localhost`, and hosts that the control plane does not know. Default: an undici
   * `Agent`, closed together with the dispatcher; one that is given stays open.
   */
  readonly passThrough?: Dispatcher
  /**
   * What becomes of answers that the mesh itself makes (no route, no healthy endpoint, time limit): `response` gives them as responses with
   * Envoy's status and body, `throw` as a `MeshError` with their code. Default `response`.
   */
  readonly localReply?: 'response' | 'throw'
  /**
   * How long a request waits for the first configuration of its host, in milliseconds; then it is answered 503 or fails with
   * `ERR_INMESH_NOT_READY`. Default 5000.
   */
  readonly discoveryTimeoutMs?: number
}

/**
 * An undici dispatcher that sends every request where the mesh says. Works with undici's `request`, `stream`, `pipeline`, `fetch` and
 * `compose`, and with the `fetch` built into Node.
 *
 * Each call may carry {@link MeshCallOptions} as `mesh`. A failed call reports one of `ERR_INMESH_CLOSED` (the dispatcher is closed),
 * `ERR_INMESH_OPTIONS`, `ERR_INMESH_CANCELLED`, `ERR_INMESH_RESET` and `ERR_INMESH_TIMEOUT` (both after the response began), undici's own
 * errors for bad arguments and aborts, and with `localReply: 'throw'` the codes of all local replies.
 */
export class MeshDispatcher extends Dispatcher {
  readonly #mirrors: MirrorTraffic
  readonly #scope: ClientScope
  readonly #origins: OriginTable
  readonly #calls = new ActiveCalls()
  readonly #records: CallRecords
  /** Agents that the dispatcher made, which it closes. */
  readonly #ownAgents: Agent[] = []
  readonly #trusting = new Map<AuthorityCertificates, Pick<Dispatcher, 'dispatch'>>()
  #closed = false
  #closing: Promise<void> | undefined

  /**
   * @param options - Parts of the dispatcher.
   */
  constructor(options: MeshDispatcherOptions) {
    super()
    this.#origins = new OriginTable(options.outbound ?? new OutboundPolicy())
    this.#records = new CallRecords(options.plane.clock)
    const parts = {
      plane: options.plane,
      carrier: options.carrier,
      propagation: options.propagation ?? new TracePropagation(),
      passThrough: options.passThrough ?? this.#own(new Agent()),
      trust: new Trust(''),
      discoveryTimeoutMs: options.discoveryTimeoutMs ?? 5000,
    }
    this.#mirrors = new MirrorTraffic(parts)
    this.#scope = {
      ...parts,
      context: options.context,
      tracer: options.tracer,
      throwsReplies: options.localReply === 'throw',
      calls: this.#calls,
      records: this.#records,
      mirrors: this.#mirrors,
    }
  }

  /** What became of the copies of requests that go to mirrors. */
  get mirrors(): MirrorStatistics {
    return this.#mirrors
  }

  /** Whether the dispatcher takes no more requests. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Sends a request.
   *
   * @param options - As for any undici dispatcher, and `mesh`.
   * @param handler - Told of the response, never before this method returns; may be of either kind that undici 7 knows.
   * @returns false when the request was refused, else true: there is no limit to wait for.
   */
  override dispatch(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#dispatch(this.#scope, options, handler)
  }

  /**
   * The same for a dispatcher that this one stands in for: to hosts outside the mesh it goes on carrying requests itself.
   *
   * @param passThrough - That dispatcher.
   */
  standingInFor(passThrough: Dispatcher): Pick<Dispatcher, 'dispatch'> {
    const scope = { ...this.#scope, passThrough }
    return { dispatch: (options, handler) => this.#dispatch(scope, options, handler) }
  }

  /**
   * Whether requests to an origin are the mesh's affair: false for hosts outside the mesh that may be called. The first question about a host begins to
   * find out.
   *
   * @param origin - `http://reviews.shop:9080`.
   * @returns undefined until the control plane has said so.
   */
  carries(origin: string): boolean | undefined {
    const known = this.#origins.find(origin)
    if (known?.allowed === false) return true
    const state = known?.target(this.#scope.plane)?.state
    return state === 'pending' ? undefined : state !== undefined && state !== 'unknown'
  }

  /**
   * Asks to be called once {@link MeshDispatcher.carries} knows, or the time for discovery has passed.
   *
   * @param origin - The origin.
   * @param callback - Called once, and not from here.
   */
  whenKnown(origin: string, callback: () => void): void {
    const { plane, discoveryTimeoutMs } = this.#scope
    const target = this.#origins.find(origin)?.target(plane)
    const settle = (): void => {
      timer.cancel()
      forget?.()
      callback()
    }
    const timer = plane.clock.setTimer(discoveryTimeoutMs, settle, true)
    const forget = target?.whenSettled(settle)
  }

  /**
   * The same for clients that trust other authorities than the process does: `https:` is verified by theirs, in the mesh and outside.
   *
   * @param authorities - Certificates in PEM.
   * @returns one dispatcher for the same authorities; closed with this one.
   * @throws MeshError ERR_INMESH_OPTIONS when they are none.
   */
  trusting(authorities: AuthorityCertificates): Pick<Dispatcher, 'dispatch'> {
    const known = this.#trusting.get(authorities)
    if (known !== undefined) return known
    const trust = new Trust(`${this.#trusting.size + 1} `, authorities)
    const passThrough = this.#own(new Agent({ connect: { ca: authorities as string, rejectUnauthorized: true } }))
    const scope = { ...this.#scope, passThrough, trust }
    const trusting: Pick<Dispatcher, 'dispatch'> = {
      dispatch: (options, handler) => this.#dispatch(scope, options, handler),
    }
    this.#trusting.set(authorities, trusting)
    return trusting
  }

  /**
   * Sends a request, for somebody who will ask what became of it.
   *
   * @param followed - Gets the progress of the call.
   * @internal
   */
  follow(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler, followed: FollowedCall): boolean {
    return this.#dispatch(this.#scope, options, handler, followed)
  }

  /**
   * What happened to a call.
   *
   * @param answer - What undici gave for it: a response of any of its methods, or an error.
   * @returns undefined for what is no answer to a call of this dispatcher, or one that simply went past the mesh.
   */
  outcome(answer: object): CallOutcome | undefined {
    return this.#records.find(answer)
  }

  /**
   * Lets a response or error of the caller's be asked about.
   *
   * @internal
   */
  record(answer: unknown, { progress }: FollowedCall): void {
    this.#records.record(answer, progress)
  }

  #dispatch(
    scope: ClientScope,
    options: MeshDispatchOptions,
    handler: Dispatcher.DispatchHandler,
    followed?: FollowedCall,
  ): boolean {
    if (handler === null || typeof handler !== 'object') {
      throw new errors.InvalidArgumentError('handler must be an object')
    }
    const legacy = asLegacyHandler(handler)
    const refusal = this.#refusal(options, handler)
    if (refusal !== undefined) {
      legacy.onError(refusal)
      return false
    }
    const { plane, context: store, passThrough, tracer } = scope
    const context = store?.current()
    const limits = options.mesh
    const origin = this.#origins.find(options.origin)
    const target = origin?.target(plane)
    const outside = target === undefined || target.state === 'unknown'
    const passes = outside && origin?.allowed !== false
    const traced = tracer?.active === true && origin !== null
    if (passes && !traced && context === undefined && limits === undefined && !mayBeInternal(options.headers)) {
      return passThrough.dispatch(options, handler)
    }
    let deadline = context === undefined ? Number.POSITIVE_INFINITY : context.deadline
    if (limits?.timeoutMs !== undefined) deadline = Math.min(deadline, plane.clock.now() + limits.timeoutMs)
    const request = new OutboundRequest(origin, options, context, scope)
    const call = new ClientCall(scope, target, request, legacy, deadline)
    if (followed !== undefined) followed.progress = call.progress
    if (context !== undefined && request.endsWithParent) {
      if (context.cancellation !== undefined) {
        discardBody(options.body)
        legacy.onError(context.cancellation)
        return false
      }
      context.follow(call)
    }
    if (traced) call.trace(tracer.client(request, context))
    call.begin()
    return true
  }

  /** Takes no new request, waits for those in flight and closes every connection. */
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> {
    this.#closing ??= this.#drain()
    return settled(this.#closing, callback)
  }

  /** Ends every request in flight with an error, `ERR_INMESH_CLOSED` by default, and closes every connection. */
  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> {
    if (typeof error === 'function') return settled(this.#abort(closedError()), error)
    return settled(this.#abort(error ?? closedError()), callback)
  }

  #refusal(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler): Error | undefined {
    if (this.#closed) return closedError()
    if (options === null || typeof options !== 'object')
      return new errors.InvalidArgumentError('opts must be an object.')
    if (typeof options.path !== 'string') return new errors.InvalidArgumentError('path must be a string')
    if (typeof options.method !== 'string') return new errors.InvalidArgumentError('method must be a string')
    if ((options.upgrade || options.method === 'CONNECT') && !takesConnection(handler)) {
      return new errors.InvalidArgumentError('invalid onUpgrade method')
    }
    return options.mesh === undefined ? undefined : checkCallOptions(options.mesh)
  }

  async #drain(): Promise<void> {
    this.#closed = true
    await this.#calls.whenNone()
    this.#mirrors.stop()
    await Promise.all([this.#scope.carrier.close(), ...this.#ownAgents.map((agent) => agent.close())])
  }

  async #abort(error: Error): Promise<void> {
    this.#closed = true
    this.#mirrors.stop()
    this.#calls.destroy(error)
    await Promise.all([this.#scope.carrier.destroy(error), ...this.#ownAgents.map((agent) => agent.destroy(error))])
  }

  #own(agent: Agent): Agent {
    this.#ownAgents.push(agent)
    return agent
  }
}

/** undici's `request`, `stream`, `pipeline` and `fetch` have no use for a connection, and would leave it open. */
function takesConnection(handler: Dispatcher.DispatchHandler): boolean {
  if (typeof handler.onRequestStart === 'function') return typeof handler.onRequestUpgrade === 'function'
  return typeof (handler as { onUpgrade?: unknown }).onUpgrade === 'function'
}

function closedError(): MeshError {
  return new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
}

/** undici's dispatchers take a callback where a promise is not wanted. */
function settled(promise: Promise<void>, callback: (() => void) | undefined): Promise<void> {
  if (callback !== undefined) promise.then(callback, callback)
  return promise
}
