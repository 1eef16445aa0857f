import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { BalancedCluster } from '../balancing/balancer-environment.js'
import { createBalancer } from '../balancing/create-balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import { samePolicy } from '../balancing/same-policy.js'
import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { Carrier } from '../cluster/carrier.js'
import type { ClusterEnvironment } from '../cluster/cluster-environment.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import { type HostSelector, QUEUED, type Queued } from './host-selector.js'
import { type LocalityMembers, membersByPriority } from './host-set.js'

/** The endpoints of a cluster as gRPC chooses among them: those of the first priority that is connected, by locality and weight. */
export class GrpcHosts implements HostSelector {
  readonly #name: string
  readonly #carrier: Carrier
  readonly #environment: ClusterEnvironment
  readonly #cluster: BalancedCluster
  readonly #connectivity = new Map<Endpoint, Connectivity>()
  #policy: LoadBalancingPolicy | undefined
  #balancer: Balancer | undefined
  #lastFailure = ''
  #members: readonly (readonly LocalityMembers[])[] = []
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()

  /**
   * @param name - Name of the cluster, for messages.
   * @param carrier - Who connects.
   * @param environment - Ports of the plane.
   * @param cluster - The cluster, as far as balancers look at it.
   */
  constructor(name: string, carrier: Carrier, environment: ClusterEnvironment, cluster: BalancedCluster) {
    this.#name = name
    this.#carrier = carrier
    this.#environment = environment
    this.#cluster = cluster
  }

  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: ReadonlyMap<string, Endpoint>): void {
    if (this.#policy === undefined || !samePolicy(this.#policy, config.loadBalancing)) {
      this.#policy = config.loadBalancing
      this.#balancer?.close?.()
      const { clock, random } = this.#environment
      this.#balancer = createBalancer(config.loadBalancing, { view: 'grpc', clock, random, cluster: this.#cluster })
    }
    this.#members = membersByPriority(assignment, endpoints)
    this.#endpoints = endpoints
    for (const endpoint of this.#connectivity.keys()) {
      if (endpoint.removed) this.#connectivity.delete(endpoint)
    }
    this.#rebuild()
    if (this.#carrier.connects === 'ahead') this.#connectIdle()
  }

  healthChanged(): void {
    this.#rebuild()
  }

  connectivityChanged(endpoint: Endpoint, connectivity: Connectivity, reason: string): void {
    const before = this.#connectivity.get(endpoint)
    // gRFC A62: an endpoint that failed stays failed until it is ready, whatever it tries meanwhile.
    if (before === 'failed' && connectivity !== 'ready' && connectivity !== 'failed') return
    this.#connectivity.set(endpoint, connectivity)
    if (connectivity === 'failed') this.#lastFailure = reason
    if (connectivity === 'idle') this.#carrier.connect(endpoint)
    this.#rebuild()
  }

  pick(context: PickContext): Endpoint | LocalReply | Queued {
    return this.#balancer?.pick(context, 0) ?? this.#nothing()
  }

  close(): void {
    this.#balancer?.close?.()
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
    for (const localities of this.#members) {
      const hosts = localities.flatMap((locality) => this.#usable(locality))
      this.#balancer?.update(hosts)
      if (hosts.length > 0) return
    }
  }

  /** Localities are weighed first and endpoints within them (gRFC A27). */
  #usable({ members, weight }: LocalityMembers): WeightedEndpoint[] {
    const healthy = members.filter(({ endpoint }) => endpoint.health === 'healthy')
    const scale = weight / healthy.reduce((sum, host) => sum + host.weight, 0)
    const ahead = this.#carrier.connects === 'ahead'
    return healthy
      .filter(({ endpoint }) => !ahead || this.#connectivity.get(endpoint) === 'ready')
      .map((host) => ({ endpoint: host.endpoint, weight: host.weight * scale }))
      .filter((host) => host.weight > 0)
  }

  #connectIdle(): void {
    for (const endpoint of this.#endpoints.values()) {
      if (this.#connectivity.has(endpoint) || endpoint.health !== 'healthy') continue
      this.#connectivity.set(endpoint, 'idle')
      this.#carrier.connect(endpoint)
    }
  }
}
