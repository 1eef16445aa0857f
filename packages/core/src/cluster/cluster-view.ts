import type { Balancer } from '../balancing/balancer.js'
import { createBalancer } from '../balancing/create-balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import { localReplies } from '../call/local-reply.js'
import type { ClusterConfig, LoadBalancingPolicy } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { Carrier } from './carrier.js'
import type { ClusterEnvironment } from './cluster-environment.js'
import type { Connectivity, Endpoint } from './endpoint.js'
import { selectHosts } from './host-selection.js'

/** The pick cannot be made yet: ask again when {@link ClusterView.whenPickable} calls back. */
export interface Queued {
  /** Tag of the unions it is part of. */
  readonly kind: 'queued'
}

/** The one object of its kind. */
export const QUEUED: Queued = Object.freeze({ kind: 'queued' })

/**
 * A cluster as one carrier sees it: the balancer of its view and, where the carrier connects ahead, the connectivity of each endpoint.
 */
export class ClusterView {
  readonly #name: string
  readonly #carrier: Carrier
  readonly #environment: ClusterEnvironment
  readonly #connectivity = new Map<Endpoint, Connectivity>()
  readonly #waiting = new Set<() => void>()
  #policy: LoadBalancingPolicy | undefined
  #balancer: Balancer | undefined
  #refused: LocalReply | undefined
  #pickable = 0
  #lastFailure = ''
  #assignment: EndpointAssignment = { localities: [], drops: [] }
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()

  /**
   * @param name - Name of the cluster, for messages.
   * @param carrier - Whose view this is.
   * @param environment - Ports of the plane.
   */
  constructor(name: string, carrier: Carrier, environment: ClusterEnvironment) {
    this.#name = name
    this.#carrier = carrier
    this.#environment = environment
  }

  /**
   * Takes over a configuration. The balancer is kept unless its policy changed.
   *
   * @param config - The cluster.
   * @param assignment - Its endpoints as configured.
   * @param endpoints - Its running endpoints, already brought in line with `assignment`.
   */
  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: ReadonlyMap<string, Endpoint>): void {
    const reason = config.refused[this.#carrier.view]
    this.#refused = reason === undefined ? undefined : localReplies.routeRefused(`cluster ${this.#name}: ${reason}`)
    if (this.#balancer === undefined || !samePolicy(this.#policy, config.loadBalancing)) {
      this.#policy = config.loadBalancing
      this.#balancer = createBalancer(config.loadBalancing, this.#environment.random)
    }
    this.#assignment = assignment
    this.#endpoints = endpoints
    for (const endpoint of this.#connectivity.keys()) {
      if (endpoint.removed) this.#connectivity.delete(endpoint)
    }
    this.#rebuild()
    if (this.#carrier.connects === 'ahead') this.#connectIdle()
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | LocalReply | Queued {
    if (this.#refused !== undefined) return this.#refused
    const { tried, hostSelectionAttempts } = context
    let endpoint = this.#balancer?.pick(context)
    for (let draw = 1; endpoint !== undefined && draw < hostSelectionAttempts && tried.includes(endpoint); draw++) {
      endpoint = this.#balancer!.pick(context)
    }
    return endpoint ?? this.#nothing()
  }

  /** Endpoints were found ill or well. */
  healthChanged(): void {
    this.#rebuild()
  }

  /** How many endpoints can be picked now. */
  get pickable(): number {
    return this.#pickable
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
    const before = this.#connectivity.get(endpoint)
    // gRFC A62: an endpoint that failed stays failed until it is ready, whatever it tries meanwhile.
    if (before === 'failed' && connectivity !== 'ready' && connectivity !== 'failed') return
    this.#connectivity.set(endpoint, connectivity)
    if (connectivity === 'failed') this.#lastFailure = reason
    if (connectivity === 'idle') this.#carrier.connect(endpoint)
    this.#rebuild()
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

  #nothing(): LocalReply | Queued {
    let failed = 0
    for (const state of this.#connectivity.values()) {
      if (state !== 'failed') return QUEUED
      failed++
    }
    if (failed > 0) return localReplies.connectFailure(`cluster ${this.#name}: ${this.#lastFailure}`)
    return localReplies.noHealthyEndpoint(`cluster ${this.#name} has no healthy endpoint`)
  }

  #rebuild(): void {
    const ahead = this.#carrier.connects === 'ahead'
    const hosts = selectHosts(
      this.#carrier.view,
      this.#assignment,
      this.#endpoints,
      (endpoint) => !ahead || this.#connectivity.get(endpoint) === 'ready',
    )
    this.#pickable = hosts.length
    this.#balancer?.update(hosts)
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }

  #connectIdle(): void {
    for (const endpoint of this.#endpoints.values()) {
      if (this.#connectivity.has(endpoint) || endpoint.health !== 'healthy') continue
      this.#connectivity.set(endpoint, 'idle')
      this.#carrier.connect(endpoint)
    }
  }
}

function samePolicy(left: LoadBalancingPolicy | undefined, right: LoadBalancingPolicy): boolean {
  if (left === undefined || left.kind !== right.kind) return false
  return left.kind !== 'least-request' || right.kind !== 'least-request' || left.choiceCount === right.choiceCount
}
