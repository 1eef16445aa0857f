import type { BalancedCluster, BalancingPolicies } from '../balancing/balancer-environment.js'
import { NO_POLICIES, policyProblem } from '../balancing/balancing-policies.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import { localReplies } from '../call/local-reply.js'
import type { ClusterLeaf, LeafSelector } from '../hosts/cluster-leaf.js'
import { GrpcHosts } from '../hosts/grpc-hosts.js'
import type { HostSelector, Queued } from '../hosts/host-selector.js'
import { HttpHosts } from '../hosts/http-hosts.js'
import { LinearLeaves } from '../hosts/linear-leaves.js'
import type { PriorityHealth } from '../hosts/priority-load.js'
import type { PriorityChoice } from '../hosts/priority-set.js'
import { RankedLeaves } from '../hosts/ranked-leaves.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Carrier } from './carrier.js'
import type { ClusterEnvironment } from './cluster-environment.js'
import type { Connectivity, Endpoint, EndpointOwner } from './endpoint.js'
import type { EndpointSet } from './endpoint-set.js'

/** Of a cluster that takes no requests, whose policy is not known or not good. */
const ROUND_ROBIN: LoadBalancingPolicy = Object.freeze({ kind: 'round-robin' })

const NO_PRIORITIES: readonly PriorityHealth[] = Object.freeze([])

/** A cluster whose endpoints are being checked for the first time may well be well: what falls to it waits until that is known. */
const UNKNOWN_HEALTH: readonly PriorityHealth[] = Object.freeze([
  { size: 1, counted: 1, available: 1, healthy: 100, degraded: 0 },
])

/** Chooses endpoints of a cluster. */
interface Chooser {
  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued
}

/** What a {@link ClusterView} cannot tell of its cluster. */
export interface LeafSource {
  /** The cluster. */
  readonly owner: EndpointOwner
  /** Whether the first health checks are over. */
  readonly settled: boolean
  /** Chooses an endpoint of it, its drops and limits looked at. */
  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued
}

/** A cluster as one carrier sees it: which endpoint an attempt goes to by the rules of its view, and who waits for one. */
export class ClusterView {
  readonly #name: string
  readonly #carrier: Carrier
  readonly #policies: BalancingPolicies
  readonly #hosts: HostSelector
  readonly #waiting = new Set<() => void>()
  /** Endpoints that outlier detection or health checks found ill. */
  readonly #ill = new Set<Endpoint>()
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()
  #refused: LocalReply | undefined
  readonly #environment: ClusterEnvironment
  /** Who chooses: its own hosts, or who stands in for them. */
  #chooser: Chooser
  #leaves: LeafSelector | undefined
  readonly #watchers = new Set<() => void>()
  /** Whether anybody sends requests to it by its own name, not only as a part of an aggregate. */
  #used = true
  /** How many aggregates need it connected. */
  #connectedFor = 0

  /**
   * @param name - Name of the cluster, for messages.
   * @param carrier - Whose view this is.
   * @param environment - Ports of the plane.
   * @param cluster - The cluster, as far as balancers look at it.
   */
  constructor(name: string, carrier: Carrier, environment: ClusterEnvironment, cluster: BalancedCluster) {
    this.#name = name
    this.#carrier = carrier
    this.#policies = environment.policies ?? NO_POLICIES
    this.#hosts =
      carrier.view === 'http'
        ? new HttpHosts(name, environment, cluster)
        : new GrpcHosts(name, carrier, environment, cluster, () => this.#wake())
    this.#environment = environment
    this.#chooser = this.#hosts
  }

  /**
   * Takes over a configuration. What is known of endpoints, and whose turn it is, outlives it unless the policy changed.
   *
   * @param config - The cluster.
   * @param assignment - Its endpoints as configured.
   * @param endpoints - Its running endpoints, already brought in line with `assignment`.
   * @internal
   */
  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: EndpointSet): void {
    this.#choose(this.#hosts)
    this.#endpoints = endpoints.byKey
    for (const endpoint of this.#ill) if (endpoint.removed) this.#ill.delete(endpoint)
    const problem = policyProblem(config.loadBalancing, this.#policies)
    this.#setRefused(config, problem)
    const usable = problem === undefined ? config : { ...config, loadBalancing: ROUND_ROBIN }
    this.#hosts.update(usable, assignment, endpoints)
    this.#wake()
  }

  /**
   * The cluster is in error: those who wait for an endpoint ask again, and hear so.
   *
   * @param before - The configuration that was in use; undefined when there was none yet.
   * @param endpoints - None.
   * @internal
   */
  fail(before: ClusterConfig | undefined, endpoints: EndpointSet): void {
    if (before === undefined) this.#wake()
    else this.update(before, { localities: [], drops: [] }, endpoints)
  }

  /** Whether an endpoint could be picked now without waiting for anything. */
  get ready(): boolean {
    return this.#hosts.ready
  }

  /**
   * The cluster as one of those that an aggregate stands for.
   *
   * @param source - The cluster.
   */
  asLeaf(source: LeafSource): ClusterLeaf {
    const view = this
    return {
      owner: source.owner,
      get health() {
        if (view.#refused !== undefined) return NO_PRIORITIES
        return source.settled ? view.#hosts.health : UNKNOWN_HEALTH
      },
      get state() {
        return view.#refused === undefined ? view.#hosts.state : 'failed'
      },
      holdsPinned: (context) => view.#hosts.pinned(context) !== undefined,
      pick: (context, choice) => source.pick(context, choice),
      watch: (callback) => {
        // A function of its own, as the same one may watch twice.
        const watcher = () => callback()
        view.#watchers.add(watcher)
        return () => view.#watchers.delete(watcher)
      },
      connect: () => {
        view.#connectFor(1)
        return () => view.#connectFor(-1)
      },
    }
  }

  /**
   * Whether requests go to the cluster by its own name. A cluster that is only part of an aggregate is connected to when that needs it.
   *
   * @param used - Whether so.
   */
  use(used: boolean): void {
    if (used === this.#used) return
    this.#used = used
    this.#connectFor(0)
  }

  /**
   * Takes over the clusters that this one stands for.
   *
   * @param config - The cluster.
   * @param leaves - The others, first to be tried first.
   */
  updateLeaves(config: ClusterConfig, leaves: readonly ClusterLeaf[]): void {
    const { random, clock } = this.#environment
    const woken = () => this.#wake()
    this.#leaves ??= this.#carrier.view === 'http' ? new LinearLeaves(random, woken) : new RankedLeaves(clock, woken)
    this.#leaves.update(config, leaves)
    this.updateChooser(config, this.#leaves)
  }

  /**
   * Takes over a configuration that leaves the choice to somebody else.
   *
   * @param config - The cluster.
   * @param chooser - Who chooses.
   * @internal
   */
  updateChooser(config: ClusterConfig, chooser: Chooser): void {
    this.#choose(chooser)
    this.#setRefused(config)
    this.#wake()
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   * @param choice - The priority, where an aggregate has chosen one.
   */
  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued {
    return this.#refused ?? this.#chooser.pick(context, choice)
  }

  /** Endpoints were found ill or well. */
  healthChanged(): void {
    // What the core asked for ahead it lets go itself; gRPC keeps the connection of an ejected endpoint (gRFC A50).
    if (this.#carrier.connects === 'on-demand') this.#releaseIll()
    this.#hosts.healthChanged()
    this.#wake()
  }

  /**
   * Tells how the carrier is connected to an endpoint. Only for carriers that connect ahead.
   *
   * @param endpoint - The endpoint.
   * @param connectivity - Its new state.
   * @param reason - Why it failed, for the status of calls that find no endpoint.
   */
  connectivityChanged(endpoint: Endpoint, connectivity: Connectivity, reason = ''): void {
    if (endpoint.removed) return
    this.#hosts.connectivityChanged(endpoint, connectivity, reason)
    this.#wake()
  }

  /**
   * Asks to be called once, when a pick that was queued may be tried again.
   *
   * @param callback - What to call.
   * @returns a function that takes the wish back.
   */
  whenPickable(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** Ends what it does on its own. Called when nothing uses the cluster any more. */
  close(): void {
    this.#leaves?.close()
    this.#hosts.close()
  }

  /** Whoever chose before and is not to choose any more lets go of what it holds. */
  #choose(chooser: Chooser): void {
    this.#chooser = chooser
    if (chooser !== this.#leaves) {
      this.#leaves?.close()
      this.#leaves = undefined
    }
    this.#connectFor(0)
  }

  #connectFor(more: number): void {
    this.#connectedFor += more
    this.#hosts.need(this.#chooser === this.#hosts && (this.#used || this.#connectedFor > 0))
  }

  /** New connections to an endpoint that was ill may lead elsewhere (Envoy drains its pools then, whatever the cluster says). */
  #releaseIll(): void {
    for (const endpoint of this.#endpoints.values()) {
      if (!endpoint.ejected && endpoint.passesHealthChecks) this.#ill.delete(endpoint)
      else if (!this.#ill.has(endpoint)) {
        this.#ill.add(endpoint)
        this.#carrier.release(endpoint)
      }
    }
  }

  #setRefused({ refused }: ClusterConfig, problem?: string): void {
    const reason = refused[this.#carrier.view] ?? problem
    this.#refused = reason === undefined ? undefined : localReplies.routeRefused(`cluster ${this.#name}: ${reason}`)
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }
}
