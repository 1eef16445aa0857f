import type { ClusterConfig, EndpointAssignment, MeshError, ResolvedCluster } from '@inmesh/core'
import type { ClusterResource } from '../resource/cluster/cluster-resource.js'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import type { EndpointResource } from '../resource/endpoint/endpoint-resource.js'
import type { ResourceProvider } from '../resource/resource-provider.js'
import type { Unsupported } from '../resource/resource-type.js'
import { keepIfEqual } from './keep-if-equal.js'
import type { LiveResource } from './live-unsupported.js'
import { missingResource } from './missing-resource.js'
import { mergeRefusals } from './refuse-routes.js'

const NO_ENDPOINTS: EndpointAssignment = Object.freeze({ localities: [], drops: [] })

/** The last good value stays in use; whoever provides resources has logged why. */
const NOTHING_TO_DO = (): void => {}

type Endpoints =
  | { readonly kind: 'known'; readonly resource: EndpointResource }
  | { readonly kind: 'failed'; readonly error: MeshError }

/**
 * One cluster with its endpoints, shared by all targets whose routes name it. Its errors stay with it (gRFC A74). Once resolved it
 * stays so: while a new cluster waits for its endpoints, the old one is what there is.
 */
export class ClusterNode {
  /** Name of the cluster. */
  readonly name: string
  readonly #provider: ResourceProvider
  readonly #changed: () => void
  readonly #stopCluster: () => void
  #stopEndpoints: (() => void) | undefined
  #cluster: ClusterResource | undefined
  #clusterUnsupported: readonly Unsupported[] = []
  #serviceName: string | undefined
  /** Undefined until the first word about {@link ClusterNode.#serviceName}. */
  #endpoints: Endpoints | undefined
  #endpointsUnsupported: readonly Unsupported[] = []
  #resolved: ResolvedCluster | undefined

  /**
   * @param name - Name of the cluster.
   * @param provider - Where resources come from.
   * @param changed - Called after {@link ClusterNode.resolved} changed.
   */
  constructor(name: string, provider: ResourceProvider, changed: () => void) {
    this.name = name
    this.#provider = provider
    this.#changed = changed
    this.#stopCluster = provider.watch(clusterType, name, {
      changed: (cluster, unsupported) => this.#clusterChanged(cluster, unsupported),
      missing: () => this.#clusterFailed(missingResource(`cluster ${name}`, name)),
      failed: (error) => this.#clusterFailed(error),
      ambient: NOTHING_TO_DO,
    })
  }

  /** The cluster, or why there is none; undefined until that is known. */
  get resolved(): ResolvedCluster | undefined {
    return this.#resolved
  }

  /** The resources in use. */
  *resources(): Iterable<LiveResource> {
    yield { type: clusterType, name: this.name, unsupported: this.#clusterUnsupported }
    if (this.#serviceName !== undefined) {
      yield { type: endpointAssignmentType, name: this.#serviceName, unsupported: this.#endpointsUnsupported }
    }
  }

  /** Ends all watches. */
  close(): void {
    this.#stopCluster()
    this.#watchEndpoints(undefined)
  }

  #clusterChanged(cluster: ClusterResource, unsupported: readonly Unsupported[]): void {
    this.#clusterUnsupported = unsupported
    this.#cluster = {
      config: keepIfEqual(this.#cluster?.config, cluster.config),
      discovery: keepIfEqual(this.#cluster?.discovery, cluster.discovery),
    }
    this.#watchEndpoints(serviceNameOf(cluster))
    this.#resolve()
  }

  #clusterFailed(error: MeshError): void {
    this.#cluster = undefined
    this.#clusterUnsupported = []
    this.#watchEndpoints(undefined)
    this.#become({ kind: 'failed', error })
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
    this.#stopEndpoints = this.#provider.watch(endpointAssignmentType, serviceName, {
      changed: (resource, unsupported) => this.#endpointsChanged(resource, unsupported),
      missing: () => this.#endpointsFailed(missingResource(what, serviceName)),
      failed: (error) => this.#endpointsFailed(error),
      ambient: NOTHING_TO_DO,
    })
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
    const cluster = this.#cluster
    if (cluster === undefined) return
    if (this.#serviceName === undefined) {
      const inline = cluster.discovery.kind === 'inline' ? cluster.discovery.endpoints : undefined
      this.#become(resolvedCluster(cluster.config, inline))
    } else if (this.#endpoints?.kind === 'known') {
      this.#become(resolvedCluster(cluster.config, this.#endpoints.resource))
    } else if (this.#endpoints?.kind === 'failed') {
      this.#become({ kind: 'failed', error: this.#endpoints.error })
    }
  }

  #become(next: ResolvedCluster): void {
    const previous = this.#resolved
    if (previous?.kind === 'failed' && next.kind === 'failed' && previous.error === next.error) return
    if (previous?.kind === 'resolved' && next.kind === 'resolved') {
      // The configuration may have been put together anew from parts that are as they were.
      const config = keepIfEqual(previous.config, next.config)
      if (config === previous.config && next.endpoints === previous.endpoints) return
      next = { kind: 'resolved', config, endpoints: next.endpoints }
    }
    this.#resolved = next
    this.#changed()
  }
}

/** A cluster that every call is refused needs no endpoints. */
function serviceNameOf({ config, discovery }: ClusterResource): string | undefined {
  const { http, grpc } = config.refused
  if (http !== undefined && grpc !== undefined) return undefined
  return discovery.kind === 'eds' ? discovery.serviceName : undefined
}

function resolvedCluster(config: ClusterConfig, endpoints: EndpointResource | undefined): ResolvedCluster {
  if (endpoints === undefined) return { kind: 'resolved', config, endpoints: NO_ENDPOINTS }
  const refused = mergeRefusals(config.refused, endpoints.refused)
  const merged = refused === config.refused ? config : { ...config, refused }
  return { kind: 'resolved', config: merged, endpoints: endpoints.assignment }
}
