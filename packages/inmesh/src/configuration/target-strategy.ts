import {
  type Bootstrap,
  type KubernetesDomain,
  ListenerPerTarget,
  MeshHostsOnly,
  type NodeIdentity,
  type ResourceProvider,
  SidecarStrategy,
  type TargetStrategy,
  templateNaming,
} from '@inmesh/xds'
import type { TargetNamingMode } from '../options/mesh-options.js'
import type { MeshSettings } from '../options/mesh-settings.js'

/**
 * How the hosts of calls lead to resources of a control plane.
 *
 * @param bootstrap - Says what kind of node the mesh is, and by which templates listeners are named.
 * @param provider - The control plane.
 * @param settings - Settings of the mesh, which count over the bootstrap.
 */
export function targetStrategy(
  bootstrap: Bootstrap,
  provider: ResourceProvider,
  { targetNaming, meshHosts }: Pick<MeshSettings, 'targetNaming' | 'meshHosts'>,
): TargetStrategy {
  const domain = domainOf(bootstrap.node)
  const strategy =
    (targetNaming ?? namingOf(bootstrap.node)) === 'sidecar'
      ? new SidecarStrategy(provider, domain)
      : new ListenerPerTarget(provider, namingBy(bootstrap))
  return meshHosts === undefined ? strategy : new MeshHostsOnly(strategy, { patterns: meshHosts, domain })
}

/** Istio takes a node for a sidecar that does not ask for another generator; other control planes know none of this. */
function namingOf({ metadata }: NodeIdentity): TargetNamingMode {
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

/** The last part of an Istio node's id is the domain that a pod looks short names up in first: `shop.svc.cluster.local`. */
function domainOf({ id, metadata }: NodeIdentity): KubernetesDomain {
  const { NAMESPACE: namespace } = metadata
  const clusterDomain = /(?:^|\.)svc\.(.+)$/.exec(id.split('~')[3] ?? '')?.[1]
  return {
    ...(typeof namespace === 'string' && namespace !== '' && { namespace }),
    ...(clusterDomain !== undefined && { clusterDomain }),
  }
}
