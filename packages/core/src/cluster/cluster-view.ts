import type { BalancedCluster, BalancingPolicies } from '../balancing/balancer-environment.js'
import { knownPolicy, NO_POLICIES, policyProblem } from '../balancing/balancing-policies.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import { localReplies } from '../call/local-reply.js'
import { type ClusterLeaf, pickFromLeaves, whenLeafPickable } from '../hosts/cluster-leaves.js'
import { GrpcHosts } from '../hosts/grpc-hosts.js'
import type { HostSelector, Queued } from '../hosts/host-selector.js'
import { HttpHosts } from '../hosts/http-hosts.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { Carrier } from './carrier.js'
import type { ClusterEnvironment } from './cluster-environment.js'
import type { Connectivity, Endpoint } from './endpoint.js'

/** Of a cluster that takes no requests, whose policy is not known or not good. */
const ROUND_ROBIN: LoadBalancingPolicy = Object.freeze({ kind: 'round-robin' })

const NO_LEAVES: readonly ClusterLeaf[] = Object.freeze([])

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
  #leaves: readonly ClusterLeaf[] = NO_LEAVES

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
  }

  /**
   * Takes over a configuration. What is known of endpoints, and whose turn it is, outlives it unless the policy changed.
   *
   * @param config - The cluster.
   * @param assignment - Its endpoints as configured.
   * @param endpoints - Its running endpoints, already brought in line with `assignment`.
   */
  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: ReadonlyMap<string, Endpoint>): void {
    this.#leaves = NO_LEAVES
    this.#endpoints = endpoints
    for (const endpoint of this.#ill) if (endpoint.removed) this.#ill.delete(endpoint)
    const policies = this.#policies
    const known = knownPolicy(config.loadBalancing, policies)
    const problem = known === undefined ? 'no policy in its list is known' : policyProblem(known, policies)
    this.#setRefused(config, problem)
    const loadBalancing = known === undefined || problem !== undefined ? ROUND_ROBIN : known
    const same = loadBalancing === config.loadBalancing
    this.#hosts.update(same ? config : { ...config, loadBalancing }, assignment, endpoints)
    this.#wake()
  }

  /**
   * The cluster is in error: those who wait for an endpoint ask again, and hear so.
   *
   * @param before - The configuration that was in use; undefined when there was none yet.
   * @param endpoints - None.
   */
  fail(before: ClusterConfig | undefined, endpoints: ReadonlyMap<string, Endpoint>): void {
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
   * @param pick - Chooses an endpoint of it, its drops and limits looked at.
   */
  asLeaf(pick: ClusterLeaf['pick']): ClusterLeaf {
    const hosts = this.#hosts
    return {
      get available() {
        return hosts.available
      },
      pick,
      whenPickable: (callback) => this.whenPickable(callback),
    }
  }

  /**
   * Takes over the clusters that this one stands for.
   *
   * @param config - The cluster.
   * @param leaves - The others, first to be tried first.
   */
  updateLeaves(config: ClusterConfig, leaves: readonly ClusterLeaf[]): void {
    this.#leaves = leaves
    this.#setRefused(config)
    this.#wake()
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | LocalReply | Queued {
    if (this.#refused !== undefined) return this.#refused
    return this.#leaves.length > 0 ? pickFromLeaves(this.#leaves, context) : this.#hosts.pick(context)
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
    if (this.#leaves.length > 0) return whenLeafPickable(this.#leaves, callback)
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** Ends what it does on its own. Called when nothing uses the cluster any more. */
  close(): void {
    this.#hosts.close()
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
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }
}
