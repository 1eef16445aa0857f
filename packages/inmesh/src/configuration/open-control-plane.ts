import {
  AuthorityRouter,
  type Bootstrap,
  clusterTypeWith,
  DependencyTree,
  InboundTree,
  ListenerPerServer,
  loadBootstrapFile,
  parseBootstrap,
  parseBootstrapText,
  VirtualInbound,
} from '@inmesh/xds'
import type { ConfigurationOrigin, MeshSettings } from '../options/mesh-settings.js'
import type { Configuration } from './configuration.js'
import { ControlPlaneConfiguration } from './control-plane-configuration.js'
import { namingOf, targetStrategy } from './target-strategy.js'
import { bootstrapDocument, withWorkload } from './workload-node.js'

/** Where a control plane is told of. */
export type ControlPlaneOrigin = Exclude<ConfigurationOrigin, { readonly kind: 'directory' }>

/**
 * Prepares the stream to a control plane. Nothing is sent before something is asked for.
 *
 * @param origin - Where the control plane is told of.
 * @param settings - Settings of the mesh.
 * @throws MeshError ERR_INMESH_BOOTSTRAP naming the origin and the field.
 */
export async function openControlPlane(origin: ControlPlaneOrigin, settings: MeshSettings): Promise<Configuration> {
  const { clock, random, logger, workload, xdsProtocol, deletedResources, unknownHostTimeoutMs } = settings
  const given = await readBootstrap(origin, settings)
  const bootstrap = withWorkload(given, workload)
  const provider = new AuthorityRouter({
    bootstrap,
    clock,
    random,
    logger,
    protocol: xdsProtocol,
    deletion: deletedResources,
    absentAfterMs: unknownHostTimeoutMs,
  })
  const clusterType = clusterTypeWith(settings.balancingPolicies)
  const strategy = targetStrategy(given, provider, settings, clusterType)
  const source = new DependencyTree({ provider, clusterType, strategy, logger, clock, random })
  const template = bootstrap.serverListenerResourceNameTemplate
  const servers =
    (settings.targetNaming ?? namingOf(given.node)) === 'sidecar'
      ? new VirtualInbound(provider)
      : new ListenerPerServer(provider, template)
  const inbound = new InboundTree(provider, servers)
  const { uri } = bootstrap.servers[0]!
  return new ControlPlaneConfiguration({
    uri,
    provider,
    source,
    inbound,
    loadReporting: provider,
    locality: bootstrap.node.locality,
    listenerTemplate: template,
    clientStatus: () => provider.status(),
    flush: () => provider.flush(),
    close: () => {
      source.close()
      inbound.close()
      provider.close()
    },
  })
}

async function readBootstrap(
  origin: ControlPlaneOrigin,
  { workload, random, targetNaming }: MeshSettings,
): Promise<Bootstrap> {
  switch (origin.kind) {
    case 'bootstrap-file':
      return loadBootstrapFile(origin.path)
    case 'bootstrap-text':
      return parseBootstrapText(origin.text, { description: origin.variable })
    case 'bootstrap-object':
      return parseBootstrap(origin.document, { description: 'option bootstrap' })
    case 'control-plane':
      return parseBootstrap(bootstrapDocument(origin.address, workload, random, targetNaming), {
        description: 'option controlPlane',
      })
  }
}
