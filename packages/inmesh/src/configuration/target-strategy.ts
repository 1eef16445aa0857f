import {
  type Bootstrap,
  type ClusterResource,
  hostsLike,
  type KubernetesDomain,
  ListenerPerTarget,
  MeshHostsOnly,
  type NodeIdentity,
  type ResourceProvider,
  type ResourceType,
  SidecarStrategy,
  serviceHosts,
  type TargetStrategy,
  templateNaming,
} from '@inmesh/xds'
import type { TargetNamingMode } from '../options/mesh-options.js'
import type { MeshSettings } from '../options/mesh-settings.js'

/** The settings that say how hosts lead to resources. */
export type TargetSettings = Pick<MeshSettings, 'targetNaming' | 'meshHosts' | 'logger'> & {
  readonly workload: Pick<MeshSettings['workload'], 'namespace'>
}

/**
 * How the hosts of calls lead to resources of a control plane.
 *
 * @param bootstrap - As it was given: says what kind of node the mesh is, where names of services are completed, and by which templates
 * listeners are named.
 * @param provider - The control plane.
 * @param settings - Settings of the mesh, which count over the bootstrap.
 * @param clusterType - How clusters are read.
 */
export function targetStrategy(
  bootstrap: Bootstrap,
  provider: ResourceProvider,
  settings: TargetSettings,
  clusterType?: ResourceType<ClusterResource>,
): TargetStrategy {
  const told = domainOf(bootstrap.node)
  const { namespace } = settings.workload
  const domain: KubernetesDomain = namespace === undefined ? { ...told } : { ...told, namespace }
  const naming = settings.targetNaming ?? namingOf(bootstrap.node)
  const strategy =
    naming === 'sidecar'
      ? new SidecarStrategy(provider, domain, clusterType)
      : new ListenerPerTarget(provider, namingBy(bootstrap))
  if (settings.meshHosts !== undefined) return new MeshHostsOnly(strategy, hostsLike(settings.meshHosts, domain))
  // A sidecar's control plane is told of no host in any case, and without a domain nothing tells services from other hosts.
  if (naming === 'sidecar' || told === undefined) return strategy
  return new MeshHostsOnly(
    strategy,
    serviceHosts(domain, (host) => settings.logger.info(passedBy(host))),
  )
}

function passedBy(host: string): string {
  return (
    `${host} is no name of a service in the cluster: the control plane is not asked for it, and calls to it go past the mesh; ` +
    'where the control plane has it, name it in the option meshHosts (INMESH_MESH_HOSTS)'
  )
}

/**
 * How hosts and servers lead to resources, as the node says: Istio takes a node for a sidecar that does not ask for another generator; other
 * control planes know none of this.
 *
 * @param node - The node.
 */
export function namingOf({ metadata }: NodeIdentity): TargetNamingMode {
  return metadata.GENERATOR === undefined && metadata.ISTIO_VERSION !== undefined ? 'sidecar' : 'grpc'
}

function namingBy({
  authorities,
  clientDefaultListenerResourceNameTemplate: template,
}: Bootstrap): (target: string) => string {
  const templates = Object.entries(authorities).map(
    ([name, { clientListenerResourceNameTemplate }]) => [name, clientListenerResourceNameTemplate] as const,
  )
  return templateNaming(template, new Map(templates))
}

/**
 * What a node says of the names of services. The fourth part of an Istio node's id is the domain that a pod looks short names up in first,
 * `shop.svc.cluster.local`, or only the cluster's.
 *
 * @returns undefined where it says nothing: a node of no Kubernetes.
 */
function domainOf({ id, metadata }: NodeIdentity): KubernetesDomain | undefined {
  const search = text(id.split('~')[3]) ?? text(metadata.DNS_DOMAIN)
  const [, ofSearch, ofServices] = /^(?:(?:.*\.)?([^.]+)\.)?svc\.(.+)$/.exec(search ?? '') ?? []
  const namespace = text(metadata.NAMESPACE) ?? ofSearch
  const clusterDomain = ofServices ?? search
  if (namespace === undefined && clusterDomain === undefined) return undefined
  return { ...(namespace !== undefined && { namespace }), ...(clusterDomain !== undefined && { clusterDomain }) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined
}
