import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { BalancedCluster } from '../balancing/balancer-environment.js'
import { NO_POLICIES } from '../balancing/balancing-policies.js'
import { createBalancer } from '../balancing/create-balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { Carrier } from '../cluster/carrier.js'
import type { ClusterEnvironment } from '../cluster/cluster-environment.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { EndpointSet } from '../cluster/endpoint-set.js'
import { sameValue } from '../collections/same-value.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment, EndpointHealth } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { ConnectedHosts } from './connected-hosts.js'
import { Connections } from './connections.js'
import { createConnectedHosts } from './create-connected-hosts.js'
import { type HostSelector, QUEUED, type Queued } from './host-selector.js'
import { type LocalityMembers, membersByPriority } from './host-set.js'
import { pinnedEndpoint } from './override-host.js'
import type { PriorityHealth } from './priority-load.js'
import { PriorityNames } from './priority-names.js'
import { PriorityPolicy } from './priority-policy.js'
import { type TargetLocality, WeightedLocalities } from './weighted-localities.js'

/** Where a cluster does not say (gRFC A55). */
const OVERRIDE_STATUSES: readonly EndpointHealth[] = ['healthy']

const NO_PRIORITIES: readonly PriorityHealth[] = Object.freeze([])

/** A configuration. */
interface Given {
  readonly config: ClusterConfig
  readonly assignment: EndpointAssignment
  readonly endpoints: EndpointSet
}

/** Which priority and which locality of it an endpoint belongs to. */
interface Membership {
  readonly owner: WeightedLocalities
  readonly hosts: ConnectedHosts
}

/**
 * The endpoints of a cluster as gRPC chooses among them: the tree priority (A56), wrr_locality (A52), then the cluster's policy over endpoints
 * that the carrier connects ahead.
 */
export class GrpcHosts implements HostSelector {
  readonly #name: string
  readonly #environment: ClusterEnvironment
  readonly #cluster: BalancedCluster
  readonly #connections: Connections
  readonly #names = new PriorityNames()
  readonly #memberships = new Map<Endpoint, Membership>()
  readonly #onChange: () => void
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()
  #overrideStatuses = OVERRIDE_STATUSES
  /** What was given last; taken over once it is needed. */
  #given: Given | undefined
  #needed = true
  #policy: LoadBalancingPolicy | undefined
  /** Whether endpoints are connected each for itself; pick_first wants one of them. */
  #connectsEach = true
  #priorities: PriorityPolicy<readonly TargetLocality[], WeightedLocalities> | undefined

  /**
   * @param name - Name of the cluster, for messages.
   * @param carrier - Who connects.
   * @param environment - Ports of the plane.
   * @param cluster - The cluster, as far as balancers look at it.
   * @param onChange - Called when picks that were queued may be tried again, and nobody else knows.
   */
  constructor(
    name: string,
    carrier: Carrier,
    environment: ClusterEnvironment,
    cluster: BalancedCluster,
    onChange: () => void,
  ) {
    this.#name = name
    this.#environment = environment
    this.#cluster = cluster
    this.#connections = new Connections(carrier)
    this.#onChange = onChange
  }

  readonly health: readonly PriorityHealth[] = NO_PRIORITIES

  /** Drops are thrown for requests that could be sent only, and so once for each (gRFC A27). */
  get ready(): boolean {
    return this.state === 'ready'
  }

  get state(): Connectivity {
    return this.#priorities?.current?.state ?? 'failed'
  }

  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: EndpointSet): void {
    this.#endpoints = endpoints.byKey
    this.#overrideStatuses = (config.hosts?.overrideStatuses ?? OVERRIDE_STATUSES).filter(mayBePinned)
    this.#given = { config, assignment, endpoints }
    if (this.#needed) this.#takeOver(this.#given)
    this.#connections.prune()
  }

  need(needed: boolean): void {
    if (needed === this.#needed) return
    this.#needed = needed
    if (!needed) this.close()
    else if (this.#given !== undefined) this.#takeOver(this.#given)
  }

  #takeOver({ config, assignment, endpoints }: Given): void {
    const before = this.#priorities
    if (this.#policy === undefined || !sameValue(this.#policy, config.loadBalancing)) {
      this.#policy = config.loadBalancing
      this.#connectsEach = choosing(config.loadBalancing).kind !== 'pick-first'
      this.#connections.heedsEjections = this.#connectsEach
      this.#priorities = this.#createPriorities(config.loadBalancing)
    }
    const shape = shapeOf(config)
    const priorities = membersByPriority(assignment, endpoints)
      .map((localities) => localities.filter(({ weight }) => weight > 0))
      .filter((localities) => localities.length > 0)
    const names = this.#names.assign(
      priorities.map((localities) => localities.map(({ key }) => key)),
      (name) => before?.has(name) ?? false,
    )
    this.#priorities!.update(
      priorities.map((localities, priority) => ({
        name: names[priority]!,
        config: shape(localities),
      })),
    )
    // After the new one took over what is still used, so that it stays connected.
    if (before !== this.#priorities) before?.close()
  }

  healthChanged(): void {
    if (this.#priorities === undefined) return
    for (const child of this.#priorities.children()) child.refresh()
    this.#priorities.childChanged()
  }

  connectivityChanged(endpoint: Endpoint, connectivity: Connectivity, reason: string): void {
    const before = this.#connections.of(endpoint)
    this.#connections.report(endpoint, connectivity, reason)
    const now = this.#connections.of(endpoint)
    const membership = this.#memberships.get(endpoint)
    if (membership === undefined) return
    if (now !== before) {
      membership.hosts.changed(endpoint, before, now)
      membership.owner.localityChanged()
      this.#priorities?.childChanged()
    }
    const ended = before === 'ready' && now !== 'ready'
    // One that failed before and fails again counts, too.
    const failed = connectivity === 'failed' && this.#isGivenUp(membership)
    if (ended || failed) this.#environment.resolveAgain?.(this.#name)
  }

  pick(context: PickContext): Endpoint | LocalReply | Queued {
    if (context.overrideHost !== undefined) {
      const pinned = this.#connected(this.pinned(context))
      if (pinned !== undefined) return pinned
    }
    const current = this.#priorities?.current
    const picked = current?.pick(context)
    if (picked !== undefined) return picked
    if (current === undefined || current.empty) {
      return localReplies.noHealthyEndpoint(`cluster ${this.#name} has no healthy endpoint`)
    }
    return localReplies.connectFailure(`cluster ${this.#name}: ${this.#connections.lastFailure}`)
  }

  pinned(context: PickContext): Endpoint | undefined {
    const endpoint = pinnedEndpoint(context, this.#endpoints)
    return endpoint !== undefined && this.#overrideStatuses.includes(endpoint.config.health) ? endpoint : undefined
  }

  close(): void {
    this.#priorities?.close()
    this.#priorities = undefined
    this.#policy = undefined
  }

  /** An endpoint that a request is pinned to is connected to for it, whatever its priority; one that failed is passed over (gRFC A55). */
  #connected(endpoint: Endpoint | undefined): Endpoint | Queued | undefined {
    if (endpoint === undefined) return undefined
    const state = this.#connections.of(endpoint)
    if (state === 'ready') return endpoint
    if (state === 'failed') return undefined
    if (state === 'idle') this.#wake(endpoint)
    return QUEUED
  }

  /** As a membership counts its endpoints' states, it has to hear of the request for a connection. */
  #wake(endpoint: Endpoint): void {
    this.#connections.want(endpoint)
    const membership = this.#memberships.get(endpoint)
    membership?.hosts.refresh()
    membership?.owner.localityChanged()
    this.#priorities?.childChanged()
  }

  /** Whether a failure is one that gRPC asks for other addresses over: any, or with pick_first that of all its endpoints (gRFC A61, A62). */
  #isGivenUp({ hosts }: Membership): boolean {
    return this.#connectsEach || hosts.state === 'failed'
  }

  #createPriorities(policy: LoadBalancingPolicy): PriorityPolicy<readonly TargetLocality[], WeightedLocalities> {
    const { clock, random, policies = NO_POLICIES } = this.#environment
    const environment = { view: 'grpc' as const, clock, random, policies, cluster: this.#cluster }
    const createHosts = (onConnecting: () => void): ConnectedHosts =>
      createConnectedHosts(policy, {
        connections: this.#connections,
        clock,
        random,
        createBalancer: (each) => createBalancer(each, environment),
        onConnecting: () => {
          onConnecting()
          this.#priorities?.childChanged()
        },
      })
    const parts = { random, createHosts, take: this.#take, leave: this.#leave }
    return new PriorityPolicy(clock, () => new WeightedLocalities(parts), this.#onChange)
  }

  readonly #take = (endpoint: Endpoint, owner: WeightedLocalities, hosts: ConnectedHosts): void => {
    const membership = this.#memberships.get(endpoint)
    if (membership?.hosts !== hosts) this.#memberships.set(endpoint, { owner, hosts })
  }

  readonly #leave = (endpoint: Endpoint, owner: WeightedLocalities): void => {
    if (this.#memberships.get(endpoint)?.owner !== owner) return
    this.#memberships.delete(endpoint)
    if (!endpoint.removed) this.#connections.release(endpoint)
  }
}

/** gRFC A55: other statuses of a session's endpoint do not count, and what the mesh itself found is told by connections. */
function mayBePinned(status: EndpointHealth): boolean {
  return status === 'healthy' || status === 'draining'
}

/** How the localities of a priority become the targets of its policy. */
function shapeOf({ loadBalancing, hosts = DEFAULT_HOST_POLICY }: ClusterConfig): Shape {
  const { kind } = choosing(loadBalancing)
  // Such a policy weighs localities into the places on its ring.
  if (kind === 'ring-hash' || kind === 'maglev') return onOneList
  if (kind === 'pick-first') return hosts.grpcLocalityWeights ? apartByWeight : onOneList
  return hosts.grpcLocalityWeights ? apart : together
}

/** The policy that chooses among endpoints, within those that take a part of them. */
function choosing(policy: LoadBalancingPolicy): LoadBalancingPolicy {
  return policy.kind === 'random-subsetting' ? choosing(policy.child) : policy
}

type Shape = (localities: readonly LocalityMembers[]) => readonly TargetLocality[]

const apart: Shape = (localities) =>
  localities.map((locality) => ({ key: locality.key, weight: locality.weight, hosts: equals(locality) }))

const apartByWeight: Shape = (localities) =>
  localities.map((locality) => ({ key: locality.key, weight: locality.weight, hosts: usable(locality) }))

const together: Shape = (localities) => [{ key: '', weight: 1, hosts: localities.flatMap(equals) }]

/** Each endpoint with its share of its locality's weight (gRFC A42, with the weights of A113). */
const onOneList: Shape = (localities) => {
  const hosts = localities.flatMap((locality) => {
    const members = usable(locality)
    const scale = locality.weight / members.reduce((sum, { weight }) => sum + weight, 0)
    return members.map(({ endpoint, weight }) => ({ endpoint, weight: weight * scale }))
  })
  return [{ key: '', weight: 1, hosts }]
}

/** Only policies that hash, and those that shuffle, look at the weights of endpoints (gRFC A27, A42, A113). */
function equals(locality: LocalityMembers): readonly WeightedEndpoint[] {
  return usable(locality).map(({ endpoint }) => ({ endpoint, weight: 1 }))
}

/** Endpoints that the control plane does not call healthy, draining ones included, take no part (gRFC A27). */
function usable({ members }: LocalityMembers): readonly WeightedEndpoint[] {
  return members.filter(({ endpoint }) => endpoint.config.health === 'healthy')
}
