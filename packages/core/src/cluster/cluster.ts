import type { PickContext } from '../balancing/pick-context.js'
import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { HealthCheckStatistics } from '../health-check/health-check-statistics.js'
import type { ClusterLeaf } from '../hosts/cluster-leaf.js'
import { QUEUED, type Queued } from '../hosts/host-selector.js'
import type { PriorityChoice } from '../hosts/priority-set.js'
import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { ClusterConfig, OriginalDestinationCluster, ResolvedCluster, UsableCluster } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { RequestPriority } from '../model/route.js'
import type { View } from '../model/view.js'
import type { OutlierStatistics } from '../outlier/outlier-statistics.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import type { Slices } from '../slices/slices.js'
import type { AttemptObserver } from './attempt-observer.js'
import { AttemptObservers } from './attempt-observers.js'
import { CircuitBreaker } from './circuit-breaker.js'
import type { ClusterEnvironment } from './cluster-environment.js'
import { ClusterHealth } from './cluster-health.js'
import { ClusterLoad } from './cluster-load.js'
import { ClusterView } from './cluster-view.js'
import type { Endpoint, EndpointOwner } from './endpoint.js'
import { EndpointSet } from './endpoint-set.js'
import { OriginalDestinations } from './original-destinations.js'
import { drawDrop } from './overload-drops.js'

const NO_LEAVES: readonly Cluster[] = Object.freeze([])

/**
 * One cluster while the mesh runs: its endpoints, what is in flight, and a view for each carrier. Outlives every update of its
 * configuration; requests, retries and endpoints are counted here once for all carriers.
 */
export class Cluster implements EndpointOwner {
  /** Resource name. */
  readonly name: string
  /** What is in use, and what may be, by the priority of requests. gRPC calls count as `default`. */
  readonly breakers: Readonly<Record<RequestPriority, CircuitBreaker>> = {
    default: new CircuitBreaker(),
    high: new CircuitBreaker(),
  }
  /** Whether it ever had a request. */
  hasTraffic = false
  readonly #environment: ClusterEnvironment
  readonly #observers = new AttemptObservers()
  readonly #load: ClusterLoad
  readonly #health: ClusterHealth
  readonly #views = new Map<View, ClusterView>()
  /** The clusters that it stands for; empty unless it is an aggregate. */
  #leaves: readonly Cluster[] = NO_LEAVES
  #destinations: OriginalDestinations | undefined
  readonly #endpoints: EndpointSet
  #resolved: ResolvedCluster | undefined
  #config: ClusterConfig | undefined
  #failure: LocalReply | undefined
  #held = 0
  /** How many of those who hold it send requests to it by its name. */
  #users = 0
  readonly #onUnused: (cluster: Cluster) => void

  /**
   * @param name - Resource name.
   * @param environment - Ports of the plane.
   * @param onUnused - Called when the last hold is released.
   */
  constructor(name: string, environment: ClusterEnvironment, onUnused: (cluster: Cluster) => void) {
    this.name = name
    this.#environment = environment
    const removed = (endpoint: Endpoint): void => {
      this.#health.endpointRemoved(endpoint)
      for (const carrier of environment.carriers) carrier.removed(endpoint)
    }
    this.#endpoints = new EndpointSet({ owner: this, clock: environment.clock, removed })
    this.#onUnused = onUnused
    this.#health = new ClusterHealth(this, environment)
    this.#load = new ClusterLoad(name, environment.loadReporting, (recorder) => this.observe(recorder))
    for (const carrier of environment.carriers) {
      this.#views.set(carrier.view, new ClusterView(name, carrier, environment, this))
    }
  }

  /** Configuration in use; undefined when the cluster is in error. */
  get config(): ClusterConfig | undefined {
    return this.#config
  }

  /** The configuration as it was given last; undefined before the first and after the last. */
  get resolved(): ResolvedCluster | undefined {
    return this.#resolved
  }

  /** Endpoints by key, those included that take no requests because of their health. */
  get endpoints(): ReadonlyMap<string, Endpoint> {
    return this.#endpoints.byKey
  }

  /**
   * The cluster as one carrier sees it.
   *
   * @param view - The carrier's view; the plane must have such a carrier.
   */
  view(view: View): ClusterView {
    const found = this.#views.get(view)
    if (found === undefined) throw new TypeError(`no carrier for view ${view}`)
    return found
  }

  /**
   * Takes over a configuration. Does nothing when it is the one in use.
   *
   * @param resolved - The cluster as resolved.
   * @param leaves - Where it is an aggregate, the running clusters that it stands for, held in reserve for it.
   */
  update(resolved: ResolvedCluster, leaves: readonly Cluster[] = NO_LEAVES): void {
    if (resolved === this.#resolved) return
    this.#resolved = resolved
    const leavesBefore = this.#leaves
    this.#leaves = leaves
    this.#takeOver(resolved)
    this.#tellLocal()
    for (const leaf of leavesBefore) leaf.release(true)
  }

  /** Does ahead, in slices, what can be done of the {@link Cluster.update} to come without anybody noticing. */
  prepare(assignment: EndpointAssignment): Slices<void> {
    return this.#endpoints.prepare(assignment)
  }

  #takeOver(resolved: ResolvedCluster): void {
    const inService = this.#config !== undefined
    if (resolved.kind !== 'original-destination' && this.#destinations !== undefined) {
      this.#destinations.stop()
      this.#destinations = undefined
      this.#endpoints.clear()
    }
    if (resolved.kind === 'failed') {
      this.#failure = localReplies.noCluster(resolved.error.message)
      const before = this.#config
      this.#config = undefined
      this.#endpoints.clear()
      this.#health.endpointsCleared()
      // Requests that wait for an endpoint must not wait for one that will never be (gRFC A31).
      for (const view of this.#views.values()) view.fail(before, this.#endpoints)
      return
    }
    this.#failure = undefined
    this.#config = resolved.config
    this.breakers.default.configure(resolved.config.thresholds)
    this.breakers.high.configure(resolved.config.highPriorityThresholds)
    if (resolved.kind === 'aggregate') {
      this.#health.detectOutliers(undefined)
      this.#load.update(undefined)
      this.#health.check(undefined, inService)
      this.#endpoints.clear()
      const leaves = (view: View): readonly ClusterLeaf[] => this.#leaves.map((leaf) => leaf.#asLeaf(view))
      for (const [view, own] of this.#views) own.updateLeaves(resolved.config, leaves(view))
      return
    }
    this.#load.update(resolved.config.loadReport)
    if (resolved.kind === 'original-destination') {
      this.#health.detectOutliers(undefined)
      this.#health.check(undefined, inService)
      this.#passThrough(resolved)
      return
    }
    this.#health.detectOutliers(resolved.config.outlierDetection)
    this.#assign(resolved, inService)
  }

  /** Endpoints that were taken from the list may stay for HTTP as long as they pass their checks; gRPC knows no checks. */
  #assign({ config, endpoints: listed }: UsableCluster, inService: boolean): void {
    this.#endpoints.update(listed, config.healthCheck?.keepsRemoved === true && this.#health.checked)
    this.#health.check(config.healthCheck, inService)
    const { assignment } = this.#endpoints
    for (const [kind, view] of this.#views) view.update(config, kind === 'http' ? assignment : listed, this.#endpoints)
  }

  /**
   * Chooses an endpoint for an attempt: drops first, then the limit on requests, then the balancer (gRFC A32). An HTTP request meets that
   * limit when it gets a connection, as in Envoy: until then it may wait.
   *
   * @param view - The carrier's view.
   * @param context - The request.
   * @param choice - The priority, where an aggregate that the cluster is part of has chosen one.
   */
  pick(view: ClusterView, context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued {
    if (this.#failure !== undefined) return this.#failure
    if (this.#resolved === undefined) return QUEUED
    const drops = this.#endpoints.assignment.drops
    // A pick that has to wait is made again: the dice are thrown once, when it could go.
    const drop = drops.length > 0 && view.ready ? drawDrop(drops, this.#environment.random) : undefined
    if (drop !== undefined) {
      this.#load.dropped(drop.category)
      return localReplies.dropOverload(`cluster ${this.name}: dropped by category ${drop.category}`)
    }
    // Requests to an aggregate count against the limits of its clusters only (Envoy, "Aggregate cluster"; gRFC A75).
    if (context.request.view === 'grpc' && this.#leaves.length === 0 && !this.breakers.default.mayRequest) {
      this.#load.dropped('')
      return localReplies.overflow(`cluster ${this.name}: ${this.breakers.default.requests} requests are in flight`)
    }
    if (!this.#health.settled && context.request.view === 'http') return QUEUED
    return view.pick(context, choice)
  }

  /** Attempts that were given an endpoint and have not ended, of all priorities. */
  get activeRequests(): number {
    const { default: normal, high } = this.breakers
    return normal.requests + normal.pending + high.requests + high.pending
  }

  /** Retries decided on and not ended, of all priorities. */
  get activeRetries(): number {
    return this.breakers.default.retries + this.breakers.high.retries
  }

  /** Starts to tell an observer of every attempt; the function that is returned ends it. */
  observe(observer: AttemptObserver): () => void {
    return this.#observers.add(observer)
  }

  /** Whether anybody hears of attempts, so that they must be timed. */
  get observed(): boolean {
    return this.#observers.present || (this.#leaves.length > 0 && this.#leaves.some((leaf) => leaf.observed))
  }

  /** Whether anybody wants to know what endpoints report of their load, so that carriers must read it. */
  get wantsLoadReports(): boolean {
    return (
      this.#observers.wantsLoadReports ||
      (this.#leaves.length > 0 && this.#leaves.some((leaf) => leaf.wantsLoadReports))
    )
  }

  /** What outlier detection found and did; undefined while there is none. */
  get outlierStatistics(): OutlierStatistics | undefined {
    return this.#health.outlierStatistics
  }

  /** Counters of active health checks; undefined while there are none. */
  get healthCheckStatistics(): HealthCheckStatistics | undefined {
    return this.#health.checkStatistics
  }

  /** Whether endpoints are checked, so that what responses say of their health counts. */
  get checked(): boolean {
    return this.#health.checked
  }

  /** A response said that its endpoint is ill: it is taken out of service until it passes checks again. */
  failedHealthCheck(endpoint: Endpoint): void {
    this.#health.failedInTraffic(endpoint)
  }

  /** Counts an attempt in, which has a connection or waits for one; an aggregate and the cluster that lists the endpoint both count it. */
  attemptStarted(endpoint: Endpoint, priority: RequestPriority = 'default', connected = true): void {
    this.breakers[priority].started(connected)
    if (endpoint.owner !== this) {
      endpoint.owner?.attemptStarted(endpoint, priority, connected)
      return
    }
    endpoint.active++
    endpoint.started++
    this.hasTraffic = true
    this.#observers.started(endpoint)
  }

  /** An attempt that waited got its connection. */
  attemptConnected(endpoint: Endpoint, priority: RequestPriority = 'default'): void {
    this.breakers[priority].connected()
    if (endpoint.owner !== this) endpoint.owner?.attemptConnected(endpoint, priority)
  }

  /** An attempt was answered; as {@link AttemptObserver.responded}. */
  attemptResponded(endpoint: Endpoint, status: number, grpcStatus: number, elapsedMs: number, view: View): void {
    if (endpoint.owner !== this) {
      endpoint.owner?.attemptResponded(endpoint, status, grpcStatus, elapsedMs, view)
      return
    }
    if (status >= 500) endpoint.failed++
    this.#observers.responded(endpoint, status, grpcStatus, elapsedMs, view)
  }

  /** An attempt got no answer; as {@link AttemptObserver.failed}. */
  attemptFailed(endpoint: Endpoint, failure: AttemptFailure, elapsedMs: number, view: View): void {
    if (endpoint.owner !== this) {
      endpoint.owner?.attemptFailed(endpoint, failure, elapsedMs, view)
      return
    }
    endpoint.failed++
    this.#observers.failed(endpoint, failure, elapsedMs, view)
  }

  /** A response broke off; as {@link AttemptObserver.broken}. */
  attemptBroken(endpoint: Endpoint, failure: AttemptFailure, view: View): void {
    if (endpoint.owner !== this) endpoint.owner?.attemptBroken(endpoint, failure, view)
    else this.#observers.broken(endpoint, failure, view)
  }

  /** An endpoint told how it is doing; as {@link AttemptObserver.reported}. */
  loadReported(endpoint: Endpoint, report: EndpointLoadReport): void {
    if (endpoint.owner !== this) endpoint.owner?.loadReported(endpoint, report)
    else this.#observers.reported(endpoint, report)
  }

  /** Counts an attempt out, which had a connection or still waited for one. */
  attemptEnded(endpoint: Endpoint, priority: RequestPriority = 'default', connected = true): void {
    this.breakers[priority].ended(connected)
    if (endpoint.owner !== this) {
      endpoint.owner?.attemptEnded(endpoint, priority, connected)
      return
    }
    endpoint.active--
    this.#observers.ended(endpoint)
  }

  /** The health of endpoints changed by something that the mesh itself saw: every view selects its hosts anew. */
  healthChanged(): void {
    const resolved = this.#resolved
    if (this.#endpoints.retains && resolved?.kind === 'resolved') this.#assign(resolved, true)
    this.#tellLocal()
    for (const view of this.#views.values()) view.healthChanged()
  }

  /**
   * Keeps the cluster alive: a route that names it, or a call that may still retry on it (gRFC A31).
   *
   * @param inReserve - No requests go to it by its own name, so that nobody need be connected: an aggregate says when.
   */
  hold(inReserve = false): void {
    this.#held++
    if (!inReserve) this.#users++
    if (this.#users <= 1) this.#tellUse()
  }

  /**
   * Gives one {@link Cluster.hold} back.
   *
   * @param inReserve - As it was held.
   */
  release(inReserve = false): void {
    this.#held--
    if (!inReserve) this.#users--
    if (this.#held === 0) this.#onUnused(this)
    else if (this.#users === 0) this.#tellUse()
  }

  /** Whether anything holds the cluster. */
  get held(): boolean {
    return this.#held > 0
  }

  /** Removes every endpoint, so that the carriers let their connections go, and ends what the cluster does on its own. */
  retire(): void {
    this.#resolved = undefined
    this.#health.detectOutliers(undefined)
    this.#destinations?.stop()
    this.#destinations = undefined
    this.#load.update(undefined)
    this.#health.check(undefined, true)
    for (const view of this.#views.values()) view.close()
    this.#endpoints.clear()
    for (const leaf of this.#leaves) leaf.release(true)
    this.#leaves = NO_LEAVES
  }

  /** Where it is the cluster that the mesh is part of: others want to know where its endpoints are. */
  #tellLocal(): void {
    const { local } = this.#environment
    if (local?.name === this.name) local.update(this.#endpoints)
  }

  #passThrough({ config, cleanupMs }: OriginalDestinationCluster): void {
    if (this.#destinations === undefined) {
      this.#endpoints.clear()
      this.#destinations = new OriginalDestinations(this.#endpoints, this.#environment.clock, cleanupMs)
    }
    this.#destinations.cleanupMs = cleanupMs
    for (const view of this.#views.values()) view.updateChooser(config, this.#destinations)
  }

  #tellUse(): void {
    for (const view of this.#views.values()) view.use(this.#users > 0)
  }

  /** The cluster as a part of an aggregate. */
  #asLeaf(view: View): ClusterLeaf {
    const own = this.view(view)
    const health = this.#health
    return own.asLeaf({
      owner: this,
      get settled() {
        return health.settled
      },
      pick: (context, choice) => this.pick(own, context, choice),
    })
  }
}
