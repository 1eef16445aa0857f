import type {
  ClusterConfig,
  EndpointAssignment,
  FailedCluster,
  MeshError,
  OriginalDestinationCluster,
  UsableCluster,
} from '@inmesh/core'
import type { DnsPorts } from '../dns/name-lookup.js'
import type { ClusterResource, DnsDiscovery } from '../resource/cluster/cluster-resource.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import type { EndpointResource } from '../resource/endpoint/endpoint-resource.js'
import type { ResourceProvider } from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'
import type { PooledCluster } from './cluster-pool.js'
import { DnsEndpoints } from './dns-endpoints.js'
import { keepIfEqual } from './keep-if-equal.js'
import type { LiveResource } from './live-unsupported.js'
import { missingResource } from './missing-resource.js'
import { mergeRefusals } from './refuse-routes.js'

const NO_ENDPOINTS: EndpointAssignment = Object.freeze({ localities: [], drops: [] })

/** The last good value stays in use; whoever provides resources has logged why. */
const NOTHING_TO_DO = (): void => {}

/** A cluster that stands for others. */
export interface AggregateState {
  /** Tag of the union. */
  readonly kind: 'aggregate'
  /** The cluster itself. */
  readonly config: ClusterConfig
  /** Names of the others, first to be tried first. */
  readonly clusters: readonly string[]
}

/** What is known of a single cluster. */
export type ClusterState = UsableCluster | OriginalDestinationCluster | FailedCluster | AggregateState

/** What a {@link ClusterNode} is made of. */
export interface ClusterNodeOptions {
  /** Where resources come from. */
  readonly provider: ResourceProvider
  /** How clusters are read. */
  readonly clusterType: ResourceType<ClusterResource>
  /** What names of endpoints are looked up with. */
  readonly dns: DnsPorts
}

type Endpoints =
  | { readonly kind: 'known'; readonly resource: EndpointResource }
  | { readonly kind: 'failed'; readonly error: MeshError }

/**
 * One cluster with its endpoints, shared by all targets whose routes lead to it. Its errors stay with it (gRFC A74). Once resolved it
 * stays so: while a new cluster waits for its endpoints, the old one is what there is.
 */
export class ClusterNode implements PooledCluster {
  /** Name of the cluster. */
  readonly name: string
  readonly #options: ClusterNodeOptions
  readonly #changed: () => void
  readonly #stopCluster: () => void
  #stopEndpoints: (() => void) | undefined
  #cluster: ClusterResource | undefined
  #clusterUnsupported: readonly Unsupported[] = []
  #serviceName: string | undefined
  /** Undefined until the first word about {@link ClusterNode.#serviceName}. */
  #endpoints: Endpoints | undefined
  #endpointsUnsupported: readonly Unsupported[] = []
  #dns: { readonly discovery: DnsDiscovery; readonly endpoints: DnsEndpoints } | undefined
  #state: ClusterState | undefined
  #isProvisional = false

  /**
   * @param name - Name of the cluster.
   * @param options - Where resources and addresses come from.
   * @param changed - Called after {@link ClusterNode.state} changed.
   */
  constructor(name: string, options: ClusterNodeOptions, changed: () => void) {
    this.name = name
    this.#options = options
    this.#changed = changed
    this.#stopCluster = options.provider.watch(options.clusterType, name, {
      changed: (cluster, unsupported) => this.#clusterChanged(cluster, unsupported),
      missing: () => this.#clusterFailed(missingResource(`cluster ${name}`, name)),
      failed: (error) => this.#clusterFailed(error),
      ambient: NOTHING_TO_DO,
      absent: (hint) => {
        // For Envoy what an answer lacks does not exist. Silence says nothing of the cluster.
        if (hint === 'answer' && this.#cluster === undefined && !this.#isProvisional) this.#clusterAbsent()
      },
    })
  }

  /** The cluster, or why there is none; undefined until that is known. */
  get state(): ClusterState | undefined {
    return this.#state
  }

  /** Whether it failed for no more than seeming to be absent: it may still come. */
  get isProvisional(): boolean {
    return this.#isProvisional
  }

  /** The resources in use. */
  *resources(): Iterable<LiveResource> {
    yield { type: this.#options.clusterType, name: this.name, unsupported: this.#clusterUnsupported }
    if (this.#cluster !== undefined && this.#serviceName !== undefined) {
      yield { type: endpointAssignmentType, name: this.#serviceName, unsupported: this.#endpointsUnsupported }
    }
  }

  /** Somebody could not reach its endpoints: names are looked up again. What the control plane lists it tells by itself (gRFC A37). */
  resolveAgain(): void {
    this.#dns?.endpoints.lookUpAgain()
  }

  /** Ends all watches. */
  close(): void {
    this.#stopCluster()
    this.#watchEndpoints(undefined)
    this.#lookUp(undefined)
  }

  #clusterChanged(cluster: ClusterResource, unsupported: readonly Unsupported[]): void {
    this.#clusterUnsupported = unsupported
    this.#cluster = {
      config: keepIfEqual(this.#cluster?.config, cluster.config),
      discovery: keepIfEqual(this.#cluster?.discovery, cluster.discovery),
    }
    this.#watchEndpoints(serviceNameOf(cluster))
    this.#lookUp(namesOf(this.#cluster))
    this.#resolve()
  }

  #clusterFailed(error: MeshError): void {
    // Its endpoints stay watched: the same cluster may come back, and a server need not send again what it sent before.
    this.#cluster = undefined
    this.#clusterUnsupported = []
    this.#become({ kind: 'failed', error })
  }

  #clusterAbsent(): void {
    this.#become({ kind: 'failed', error: missingResource(`cluster ${this.name}`, this.name) }, true)
  }

  #watchEndpoints(serviceName: string | undefined): void {
    if (serviceName === this.#serviceName) return
    this.#stopEndpoints?.()
    this.#stopEndpoints = undefined
    this.#serviceName = serviceName
    this.#endpoints = undefined
    this.#endpointsUnsupported = []
    if (serviceName === undefined) return
    const what = `endpoints ${serviceName} of cluster ${this.name}`
    this.#stopEndpoints = this.#options.provider.watch(endpointAssignmentType, serviceName, {
      changed: (resource, unsupported) => this.#endpointsChanged(resource, unsupported),
      missing: () => this.#endpointsFailed(missingResource(what, serviceName)),
      failed: (error) => this.#endpointsFailed(error),
      ambient: NOTHING_TO_DO,
    })
  }

  #lookUp(discovery: DnsDiscovery | undefined): void {
    if (discovery === this.#dns?.discovery) return
    this.#dns?.endpoints.close()
    this.#dns = discovery && {
      discovery,
      endpoints: new DnsEndpoints(discovery, this.#options.dns, () => this.#resolve()),
    }
  }

  #endpointsChanged(resource: EndpointResource, unsupported: readonly Unsupported[]): void {
    this.#endpointsUnsupported = unsupported
    // Not compared with what was there: ten thousand endpoints would hold the event loop up for longer than decoding them did, and
    // their provider has compared the bytes.
    this.#endpoints = { kind: 'known', resource }
    this.#resolve()
  }

  #endpointsFailed(error: MeshError): void {
    this.#endpointsUnsupported = []
    this.#endpoints = { kind: 'failed', error }
    this.#resolve()
  }

  #resolve(): void {
    if (this.#cluster === undefined) return
    const { config, discovery } = this.#cluster
    switch (discovery.kind) {
      case 'aggregate':
        this.#become({ kind: 'aggregate', config, clusters: discovery.clusters })
        break
      case 'original-destination':
        this.#become({ kind: 'original-destination', config, cleanupMs: discovery.cleanupMs })
        break
      case 'inline':
        this.#become(resolvedCluster(config, discovery.endpoints))
        break
      case 'dns':
        this.#resolveNames(config)
        break
      case 'eds':
        this.#resolveEndpoints(config)
        break
      case 'none':
        this.#become(resolvedCluster(config, undefined))
    }
  }

  #resolveNames(config: ClusterConfig): void {
    if (this.#dns === undefined) this.#become(resolvedCluster(config, undefined))
    const endpoints = this.#dns?.endpoints.assignment
    // gRPC reads nothing of a LOGICAL_DNS cluster but its name and port (gRFC A37), so there is nothing to refuse.
    if (endpoints !== undefined) this.#become({ kind: 'resolved', config, endpoints })
  }

  #resolveEndpoints(config: ClusterConfig): void {
    if (this.#serviceName === undefined) this.#become(resolvedCluster(config, undefined))
    else if (this.#endpoints?.kind === 'known') this.#become(resolvedCluster(config, this.#endpoints.resource))
    else if (this.#endpoints?.kind === 'failed') this.#become({ kind: 'failed', error: this.#endpoints.error })
  }

  #become(next: ClusterState, isProvisional = false): void {
    this.#isProvisional = isProvisional
    const previous = this.#state
    const kept = previous === undefined ? next : keepState(previous, next)
    if (kept === previous) return
    this.#state = kept
    this.#changed()
  }
}

/** The configuration may have been put together anew from parts that are as they were. */
function keepState(previous: ClusterState, next: ClusterState): ClusterState {
  if (next.kind === 'failed') return previous.kind === 'failed' && previous.error === next.error ? previous : next
  if (previous.kind !== next.kind) return next
  if (previous.kind !== 'resolved' || next.kind !== 'resolved') return keepIfEqual(previous, next)
  const config = keepIfEqual(previous.config, next.config)
  return config === previous.config && next.endpoints === previous.endpoints ? previous : { ...next, config }
}

/** A cluster that every call is refused needs no endpoints. */
function isRefused({ config: { refused } }: ClusterResource): boolean {
  return refused.http !== undefined && refused.grpc !== undefined
}

function serviceNameOf(cluster: ClusterResource): string | undefined {
  return cluster.discovery.kind === 'eds' && !isRefused(cluster) ? cluster.discovery.serviceName : undefined
}

function namesOf(cluster: ClusterResource): DnsDiscovery | undefined {
  return cluster.discovery.kind === 'dns' && !isRefused(cluster) ? cluster.discovery : undefined
}

function resolvedCluster(config: ClusterConfig, endpoints: EndpointResource | undefined): UsableCluster {
  if (endpoints === undefined) return { kind: 'resolved', config, endpoints: NO_ENDPOINTS }
  const refused = mergeRefusals(config.refused, endpoints.refused)
  const merged = refused === config.refused ? config : { ...config, refused }
  return { kind: 'resolved', config: merged, endpoints: endpoints.assignment }
}
