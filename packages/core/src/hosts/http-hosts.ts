import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { BalancedCluster } from '../balancing/balancer-environment.js'
import { NO_POLICIES } from '../balancing/balancing-policies.js'
import { createBalancer } from '../balancing/create-balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { ClusterEnvironment } from '../cluster/cluster-environment.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { EndpointSet } from '../cluster/endpoint-set.js'
import { sameValue } from '../collections/same-value.js'
import { RequestHasher } from '../hashing/request-hasher.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment, EndpointHealth } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY, DEFAULT_ZONE_AWARENESS, type SlowStart } from '../model/host-policy.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { SubsetConfig } from '../model/subset-config.js'
import type { Hashing } from './health-class.js'
import type { HostSelector } from './host-selector.js'
import { hostSet, type LocalityMembers, membersByPriority } from './host-set.js'
import { namedEndpoint, pinnedEndpoint } from './override-host.js'
import { type PriorityHealth, priorityHealth } from './priority-load.js'
import { type PriorityChoice, PrioritySet, type PrioritySetOptions } from './priority-set.js'
import { SubsetHosts } from './subset-hosts.js'
import { WarmUp } from './warm-up.js'

/** Envoy: a priority may lose 2 of 7 endpoints before its requests overflow. */
const DEFAULT_OVERPROVISIONING = 140

/** Where a cluster does not say, and draining endpoints are none of it (Envoy, `override_host_status`). */
const OVERRIDE_STATUSES: readonly EndpointHealth[] = ['healthy', 'degraded']

const NO_HEADERS: readonly string[] = []

const NO_PRIORITIES: readonly PriorityHealth[] = Object.freeze([])

/** The endpoints of a cluster as Envoy chooses among them. Connections are made on demand, so connectivity plays no part. */
export class HttpHosts implements HostSelector {
  readonly ready = true
  readonly state = 'ready'
  readonly #environment: ClusterEnvironment
  readonly #cluster: BalancedCluster
  readonly #nobody: LocalReply
  readonly #unobserveLocal: (() => void) | undefined
  #policy: LoadBalancingPolicy | undefined
  #slowStart: SlowStart | undefined
  #warmUp: WarmUp | undefined
  /** All endpoints; undefined while they are divided into subsets. */
  #hosts: PrioritySet | undefined
  #subsets: SubsetHosts | undefined
  #division: SubsetConfig | undefined
  #assignment: EndpointAssignment | undefined
  #members: readonly (readonly LocalityMembers[])[] = []
  #options: PrioritySetOptions | undefined
  /** How well each priority is; undefined until somebody asks. */
  #health: readonly PriorityHealth[] | undefined
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()
  #overrideStatuses = OVERRIDE_STATUSES
  #overrideHeaders = NO_HEADERS

  /**
   * @param name - Name of the cluster, for messages.
   * @param environment - Ports of the plane.
   * @param cluster - The cluster, as far as balancers look at it.
   */
  constructor(name: string, environment: ClusterEnvironment, cluster: BalancedCluster) {
    this.#environment = environment
    this.#cluster = cluster
    this.#unobserveLocal = environment.local?.observe(() => this.#refresh())
    this.#nobody = localReplies.noHealthyEndpoint(`cluster ${name} has no healthy endpoint`)
  }

  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: EndpointSet): void {
    const { loadBalancing, hosts: policy = DEFAULT_HOST_POLICY } = config
    if (!sameValue(this.#slowStart, policy.slowStart)) this.#setSlowStart(policy.slowStart)
    const samePicks = this.#policy !== undefined && sameValue(this.#policy, loadBalancing)
    if (!samePicks || !sameValue(this.#division, policy.subsets)) {
      this.#policy = loadBalancing
      this.#division = policy.subsets
      this.#chooser?.close()
      const create = this.#priorities(loadBalancing)
      this.#hosts = policy.subsets === undefined ? create() : undefined
      this.#subsets = policy.subsets && new SubsetHosts(create)
    }
    this.#endpoints = endpoints.byKey
    this.#overrideStatuses = policy.overrideStatuses ?? OVERRIDE_STATUSES
    this.#overrideHeaders = policy.overrideHeaders ?? NO_HEADERS
    if (assignment !== this.#assignment) {
      this.#assignment = assignment
      this.#members = membersByPriority(assignment, endpoints)
    }
    this.#options = {
      overprovisioningFactor: assignment.overprovisioningFactor ?? DEFAULT_OVERPROVISIONING,
      weightedHealth: assignment.weightedPriorityHealth ?? false,
      panicThreshold: policy.panicThreshold,
      failOnPanic: policy.failOnPanic,
      zoneAwareness: policy.zoneAwareness ?? DEFAULT_ZONE_AWARENESS,
      localityWeights: policy.localities === 'weighted',
    }
    this.#refresh()
  }

  need(): void {}

  healthChanged(): void {
    this.#refresh()
  }

  connectivityChanged(): void {}

  /** Of all endpoints, whatever their subsets. */
  get health(): readonly PriorityHealth[] {
    const options = this.#options
    if (options === undefined) return NO_PRIORITIES
    this.#health ??= this.#hosts?.health ?? this.#members.map((members) => priorityHealth(hostSet(members), options))
    return this.#health
  }

  pinned(context: PickContext): Endpoint | undefined {
    const endpoint = pinnedEndpoint(context, this.#endpoints)
    return endpoint !== undefined && this.#overrideStatuses.includes(endpoint.health) ? endpoint : undefined
  }

  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply {
    if (context.overrideHost !== undefined && context.attempts === 0) {
      const pinned = this.pinned(context)
      if (pinned !== undefined) return pinned
      if (context.overrideHost.strict) return this.#nobody
    }
    if (this.#overrideHeaders.length > 0) {
      const named = namedEndpoint(context, this.#endpoints, this.#overrideHeaders)
      if (named !== undefined) return named
    }
    const hosts = this.#chooser
    if (hosts === undefined) return this.#nobody
    const { hostSelectionAttempts } = context
    let endpoint = hosts.pick(context, 0, choice)
    for (let draw = 1; endpoint !== undefined && draw < hostSelectionAttempts && context.rejects(endpoint); draw++) {
      endpoint = hosts.pick(context, draw, choice)
    }
    return endpoint ?? this.#nobody
  }

  close(): void {
    this.#unobserveLocal?.()
    this.#warmUp?.stop()
    this.#chooser?.close()
  }

  get #chooser(): PrioritySet | SubsetHosts | undefined {
    return this.#hosts ?? this.#subsets
  }

  /** How the priorities of all endpoints, or of a subset, are made. */
  #priorities(policy: LoadBalancingPolicy): () => PrioritySet {
    const { clock, random, local, policies = NO_POLICIES } = this.#environment
    const environment = { view: 'http' as const, clock, random, policies, cluster: this.#cluster }
    const parts = {
      random,
      local,
      createBalancer: () => createBalancer(policy, environment),
      hashing: hashingOf(policy),
      scale: (hosts: readonly WeightedEndpoint[]) => this.#warmUp?.scale(hosts) ?? hosts,
    }
    return () => new PrioritySet(parts)
  }

  #setSlowStart(config: SlowStart | undefined): void {
    this.#slowStart = config
    this.#warmUp?.stop()
    this.#warmUp = config && new WarmUp(this.#environment.clock, config, this.#refresh)
  }

  readonly #refresh = (): void => {
    if (this.#options === undefined) return
    this.#health = undefined
    this.#hosts?.update(this.#members, this.#options)
    if (this.#division !== undefined) this.#subsets?.update(this.#members, this.#options, this.#division)
  }
}

/** How requests are hashed, for policies that choose by it; undefined for the others. */
function hashingOf(policy: LoadBalancingPolicy): Hashing | undefined {
  if (policy.kind !== 'ring-hash' && policy.kind !== 'maglev') return undefined
  return { hasher: policy.hashPolicies && new RequestHasher(policy.hashPolicies) }
}
