import type { PickContext } from '../balancing/pick-context.js'
import type { CircuitBreaker } from '../cluster/circuit-breaker.js'
import type { ClusterView } from '../cluster/cluster-view.js'
import type { Endpoint, EndpointOwner } from '../cluster/endpoint.js'
import type { ActiveFaults } from '../filters/active-faults.js'
import type { Verdict, Wait } from '../filters/filter.js'
import type { HashedCall, RequestHash } from '../hashing/request-hash.js'
import type { RequestHasher } from '../hashing/request-hasher.js'
import type { Queued } from '../hosts/host-selector.js'
import type { SubsetMatch } from '../hosts/subset-match.js'
import { readLoadReport } from '../load/endpoint-load-metrics.js'
import type { RequestPriority } from '../model/route.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import type { RetryRules } from '../retry/retry-rules.js'
import type { RouteFinder } from '../route/compiled-route.js'
import type { Destination } from '../route/destination.js'
import { type LocalReply, localReplies, type ResponseFlag } from './local-reply.js'
import type { ReplyRewriter } from './reply-rewriter.js'
import type { RequestView } from './request-view.js'
import { NO_HEADERS, type ResponseView } from './response-view.js'
import { TimedExchange } from './timed-exchange.js'

/** What {@link Call.responded} and {@link Call.attemptFailed} answer when the attempt was the last. */
export const NO_RETRY = -1

/** By which an upstream takes itself out of service at once (Envoy, "x-envoy-immediate-health-check-fail"). */
const IMMEDIATE_FAIL_HEADER = 'x-envoy-immediate-health-check-fail'

const NO_ENDPOINTS: readonly Endpoint[] = Object.freeze([])

/** Where a call stands: each method of {@link Call} moves it on, and refuses to be called out of turn. */
type CallState = 'new' | 'filtering' | 'picking' | 'attempting' | 'ended'

/**
 * One logical call, with all its attempts. A carrier makes one for each request and drives it:
 *
 * `start()` → (perhaps waits, then `resume()`) → `pick()` → `attemptStarted()` → `responded()` or `attemptFailed()` → (perhaps a back-off and
 * `pick()` again) → `end()`.
 *
 * It makes every decision and touches no byte. Each call ends exactly once, whatever happens.
 */
export class Call extends TimedExchange implements PickContext, HashedCall {
  readonly target: string
  /** Endpoints that later attempts avoid. */
  tried: readonly Endpoint[] = NO_ENDPOINTS
  /** Endpoints whose priorities later attempts avoid. */
  avoidedPriorities: readonly Endpoint[] = NO_ENDPOINTS
  subset: SubsetMatch | undefined
  readonly #table: RouteFinder
  #state: CallState = 'new'
  #view: ClusterView | undefined
  /** Of the cluster that the route names: retries count there, attempts at the cluster that lists their endpoint too. */
  #breaker: CircuitBreaker | undefined
  /** Whether the current attempt has a connection; until then it waits for one. */
  #connected = false
  #rules: RetryRules | undefined
  /** Where the attempts that failed went, for as long as it takes to leave their priorities out. */
  #failedAt: readonly Endpoint[] = NO_ENDPOINTS
  #attemptStartedMs = 0
  #retries = 0
  /** Whether the next or current attempt is counted among the cluster's retries. */
  #retrying = false
  /** Null until a balancer asks. */
  #hash: RequestHash | null | undefined = null

  /**
   * @param plane - Clock, dice and faults.
   * @param snapshot - Configuration of the target; read from start to end, whatever is published meanwhile.
   * @param request - The request.
   * @param deadline - Limit from the caller or the inbound request, on the clock's scale; `Infinity` for none.
   */
  constructor(
    plane: { readonly clock: Clock; readonly random: Random; readonly faults: ActiveFaults },
    snapshot: { readonly table: RouteFinder; readonly config?: { readonly name: string } },
    request: RequestView,
    deadline = Number.POSITIVE_INFINITY,
  ) {
    super(plane, request, deadline)
    this.#table = snapshot.table
    // The copy that a mirror sends has no target of its own.
    this.target = snapshot.config?.name ?? request.authority
  }

  protected get replies(): ReplyRewriter | undefined {
    return this.#table.replies
  }

  /** Limit of one attempt in milliseconds, 0 for none. */
  get perTryMs(): number {
    return this.#rules?.perTryTimeoutMs ?? 0
  }

  /** Longest time between two pieces of one attempt's response in milliseconds, 0 for none. */
  get perTryIdleMs(): number {
    return this.#rules?.perTryIdleTimeoutMs ?? 0
  }

  /** Whether anybody acts on the gRPC status in the head of a response: the rules of retries, or those who judge its endpoint. */
  get readsGrpcStatus(): boolean {
    return this.#rules?.readsGrpcStatus === true || this.chosen?.observed === true
  }

  /**
   * Finds the route and its cluster, and runs the filters. `continue` means that an endpoint can be picked.
   *
   * @param streaming - The request's body is still being produced: the route's time limit then begins with {@link Call.requestSent}.
   */
  start(streaming = false): Verdict {
    this.#expect('new')
    const route = this.#table.match(this.request)
    if (route === undefined) {
      const { authority, path } = this.request
      return this.#stopped(localReplies.noRoute(`no route of ${this.#table.name} matches ${authority}${path}`))
    }
    this.matched = route
    const refusal = route.refusal(this.request.view)
    if (refusal !== undefined) return this.#stopped(refusal)
    if (route.answering !== undefined) {
      this.#state = 'filtering'
      return this.#filtered(this.pass(route.answering))
    }
    this.#rules = route.retries(this.request)
    this.limitBy(route.timeouts(this.request), streaming)
    const destination = route.destination(this)
    if (destination === undefined)
      return this.#stopped(route.clusterNotFound('the request names no cluster that is known'))
    this.#choose(destination)
    this.#state = 'filtering'
    return this.#filtered(this.pass(destination))
  }

  /** Longest time of one attempt, its response included, in milliseconds, 0 for none. Known once there was an attempt. */
  get attemptMs(): number {
    return this.request.view === 'grpc'
      ? 0
      : (this.#ownerOf(this.picked!).config?.connections?.maxStreamDurationMs ?? 0)
  }

  /**
   * Goes on after a wait that a filter asked for.
   *
   * @param wait - The verdict that asked for it.
   */
  resume(wait: Wait): Verdict {
    this.#expect('filtering')
    return this.#filtered(wait.resume(this))
  }

  /** Chooses the endpoint of the next attempt. A reply means that the call is over, `queued` that no endpoint is connected yet. */
  pick(): Endpoint | LocalReply | Queued {
    this.#expect('picking')
    const picked = this.chosen!.pick(this.#view!, this)
    return picked.kind === 'local-reply' && picked.flag === 'NC' ? this.matched!.clusterNotFound(picked.detail) : picked
  }

  /** See {@link PickContext.hostSelectionAttempts}. */
  get hostSelectionAttempts(): number {
    return this.#retries === 0 ? 1 : this.#rules!.hostSelectionAttempts
  }

  /** See {@link PickContext.rejects}. */
  rejects(endpoint: Endpoint): boolean {
    return this.#retries > 0 && this.#rules!.rejects(endpoint, this.tried)
  }

  hash(own?: RequestHasher): RequestHash | undefined {
    if (this.#hash === null) this.#hash = (own ?? this.matched!.hasher)?.hash(this.request, this)
    return this.#hash
  }

  /**
   * Asks to be called once a queued pick may be tried again.
   *
   * @param callback - What to call.
   * @returns a function that takes the wish back.
   */
  whenPickable(callback: () => void): () => void {
    return this.#view!.whenPickable(callback)
  }

  /**
   * The authority that the current attempt of a gRPC call is to be sent with, the endpoint's (gRFC A81); undefined where the call's own stays. One
   * that the application set for the call itself goes before it, and whatever is sent must pass the check of the server's name.
   */
  get authority(): string | undefined {
    if (this.request.view !== 'grpc' || this.matched?.rewritesAuthority !== true) return undefined
    const { authority, hostname } = this.picked!.config
    return authority || hostname || undefined
  }

  /** Whose limits of the cluster the call counts against. Known once `start()` found a route. */
  get priority(): RequestPriority {
    return this.request.view === 'grpc' ? 'default' : this.matched!.priority
  }

  /**
   * The carrier sends the request to an endpoint, or lets it wait for a connection there.
   *
   * @param endpoint - The endpoint that was picked.
   * @param connected - Whether there is a connection for it. Otherwise {@link Call.attemptConnected} follows when there is.
   * @returns a reply when a limit of the cluster stops the attempt: the call is over.
   */
  attemptStarted(endpoint: Endpoint, connected = true): LocalReply | undefined {
    this.#expect('picking')
    const { priority } = this
    const { name, breakers } = this.#ownerOf(endpoint)
    const limits = breakers[priority]
    if (connected ? !limits.mayRequest : !limits.mayWait) return full(name, connected, limits)
    this.#connected = connected
    this.#state = 'attempting'
    this.attempts++
    this.picked = endpoint
    const cluster = this.chosen!
    if (cluster.observed) this.#attemptStartedMs = this.clock.now()
    cluster.attemptStarted(endpoint, priority, connected)
    this.changeRequest()
    return undefined
  }

  /**
   * The attempt got its connection. Told again, it does nothing.
   *
   * @returns a reply when the cluster's limit on requests is reached: the call is over, and the connection is for others.
   */
  attemptConnected(): LocalReply | undefined {
    this.#expect('attempting')
    if (this.#connected) return undefined
    const endpoint = this.picked!
    const { name, breakers } = this.#ownerOf(endpoint)
    const limits = breakers[this.priority]
    if (!limits.mayRequest) return full(name, true, limits)
    this.chosen!.attemptConnected(endpoint, this.priority)
    this.#connected = true
    return undefined
  }

  /**
   * The head of a response arrived.
   *
   * @param status - HTTP status.
   * @param grpcStatus - gRPC status, or -1 when there is none yet.
   * @param repeatable - Whether the carrier could send the request again.
   * @param response - Its headers.
   * @returns milliseconds to wait before the next attempt, or {@link NO_RETRY}: then the response goes to the caller.
   */
  responded(status: number, grpcStatus: number, repeatable: boolean, response: ResponseView = NO_HEADERS): number {
    this.#expect('attempting')
    const cluster = this.chosen!
    const endpoint = this.picked!
    cluster.attemptResponded(endpoint, status, grpcStatus, this.#elapsedMs, this.request.view)
    if (cluster.wantsLoadReports) {
      const report = readLoadReport(response)
      if (report !== undefined) cluster.loadReported(endpoint, report)
    }
    if (endpoint.owner?.checked && response.header(IMMEDIATE_FAIL_HEADER) !== undefined) {
      endpoint.owner.failedHealthCheck(endpoint)
    }
    const rules = this.#rules
    if (rules === undefined || !repeatable || !rules.retriesResponse(status, grpcStatus, response)) return NO_RETRY
    this.afterTimeout = false
    return this.#retry(rules, response)
  }

  /**
   * The attempt ended without a response. Once the head of a response was given to the caller, {@link Call.responseBroken} is called instead.
   *
   * @param failure - How it ended.
   * @param written - Whether any byte of the request may have reached the upstream.
   * @param repeatable - Whether the carrier could send the request again.
   * @returns milliseconds to wait before the next attempt, or {@link NO_RETRY}: then the failure goes to the caller.
   */
  attemptFailed(failure: AttemptFailure, written: boolean, repeatable: boolean): number {
    this.#expect('attempting')
    this.chosen!.attemptFailed(this.picked!, failure, this.#elapsedMs, this.request.view)
    const rules = this.#rules
    if (rules === undefined || !repeatable || !rules.retriesFailure(failure, written)) return NO_RETRY
    this.afterTimeout = failure === 'per-try-timeout'
    return this.#retry(rules, undefined)
  }

  /**
   * The response broke off after its head had been given to the caller: there is nothing to decide, and {@link Call.end} follows.
   *
   * @param failure - How it ended.
   */
  responseBroken(failure: AttemptFailure): void {
    this.#expect('attempting')
    this.chosen!.attemptBroken(this.picked!, failure, this.request.view)
  }

  /** The call is over: response complete, failed, or cancelled. Calling it again does nothing. */
  end(): void {
    if (this.#state === 'ended') return
    if (this.#state === 'attempting') this.#endAttempt()
    else if (this.#retrying) this.#endRetry()
    this.#state = 'ended'
    this.chosen?.release()
    this.passed()
  }

  #retry(rules: RetryRules, response: ResponseView | undefined): number {
    if (this.#retries >= rules.retries) return this.#noRetry('URX')
    if (!this.#breaker!.mayRetry) {
      this.#breaker!.retryOverflows++
      return this.#noRetry('UO')
    }
    const delayMs = rules.pauseMs(this.#retries + 1, response, this.clock, this.random)
    if (delayMs < 0) return NO_RETRY
    if (this.deadline !== Number.POSITIVE_INFINITY && this.clock.now() + delayMs >= this.deadline) return NO_RETRY
    this.#remember(rules, this.picked!)
    this.#endAttempt()
    this.#retries++
    this.#retrying = true
    this.#breaker!.retries++
    this.#state = 'picking'
    return delayMs
  }

  #noRetry(flag: ResponseFlag): number {
    this.retryFlag = flag
    return NO_RETRY
  }

  #remember({ policy }: RetryRules, endpoint: Endpoint): void {
    if (policy.avoidPreviousHosts) this.tried = [...this.tried, endpoint]
    const after = policy.previousPrioritiesAfter
    if (after === undefined || this.request.view === 'grpc') return
    // Envoy, PreviousPrioritiesConfig.update_frequency: what was tried is left out in steps of so many attempts.
    this.#failedAt = [...this.#failedAt, endpoint]
    if (this.#failedAt.length % after === 0) this.avoidedPriorities = this.#failedAt
  }

  /** Only measured where somebody hears of it. */
  get #elapsedMs(): number {
    return this.chosen!.observed ? this.clock.now() - this.#attemptStartedMs : 0
  }

  #endAttempt(): void {
    this.chosen!.attemptEnded(this.picked!, this.priority, this.#connected)
    if (this.#retrying) this.#endRetry()
  }

  #endRetry(): void {
    this.#retrying = false
    this.#breaker!.retries--
  }

  /** Whose limits an attempt at an endpoint meets: of an aggregate's clusters the one that lists it. */
  #ownerOf(endpoint: Endpoint): EndpointOwner {
    return endpoint.owner ?? this.chosen!
  }

  #filtered(verdict: Verdict): Verdict {
    if (verdict.kind !== 'continue') return verdict
    // An answer of the route is given where the request would else be sent, behind all filters (Envoy's router filter).
    const answering = this.matched!.answering
    if (answering !== undefined) return answering.answer(this)
    if (this.request.steered === true) {
      const invalid = this.matched!.invalidHeader(this.request)
      if (invalid !== undefined) return invalid
    }
    if (this.overrideHost?.cluster !== undefined) this.#followSession(this.overrideHost.cluster)
    this.#state = 'picking'
    return verdict
  }

  #choose({ cluster, subset }: Destination): void {
    // Held until the call ends: a cluster that leaves the configuration stays usable for retries of this call (gRFC A31).
    cluster.hold()
    this.chosen?.release()
    this.chosen = cluster
    this.subset = subset
    this.#view = cluster.view(this.request.view)
    this.#breaker = cluster.breakers[this.priority]
  }

  /** gRFC A60: a session stays with its cluster as long as the route has that. */
  #followSession(cluster: string): void {
    const destination = cluster === this.chosen!.name ? undefined : this.matched!.destinationTo(cluster)
    if (destination !== undefined) this.#choose(destination)
  }

  #stopped(reply: LocalReply): LocalReply {
    this.#state = 'filtering'
    return reply
  }

  #expect(state: CallState): void {
    if (this.#state !== state) throw new TypeError(`call is ${this.#state}, not ${state}`)
  }
}

function full(cluster: string, connected: boolean, { requests, pending }: CircuitBreaker): LocalReply {
  const which = connected ? `${requests} requests are in flight` : `${pending} requests wait for a connection`
  return localReplies.overflow(`cluster ${cluster}: ${which}`)
}
