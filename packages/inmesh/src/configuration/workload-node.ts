import type { Random } from '@inmesh/core'
import type { Bootstrap, JsonObject, NodeIdentity } from '@inmesh/xds'
import { isIstiod } from '../kubernetes/istiod-address.js'
import type { Pod } from '../kubernetes/pod.js'
import type { LocalityOption, TargetNamingMode } from '../options/mesh-options.js'
import type { WorkloadSettings } from '../options/mesh-settings.js'
import { guessInstanceIp } from './instance-address.js'

/** The same at istiod. */
const ISTIOD_LISTENER_TEMPLATE = 'xds.istio.io/grpc/lds/inbound/%s'

/** The name that a server's inbound listener has at a control plane which is reached without a bootstrap. */
const INBOUND_LISTENER_TEMPLATE = 'inmesh/inbound/%s'

/**
 * Makes the bootstrap for a control plane of which only the address is known.
 *
 * @param address - `host:port`.
 * @param workload - Who this workload is.
 * @param random - Makes the instance's name unique.
 * @param naming - How hosts lead to resources: istiod takes a node for a sidecar that names no generator.
 * @returns the document that a bootstrap file would hold.
 */
export function bootstrapDocument(
  address: string,
  workload: WorkloadSettings,
  random: Random,
  naming: TargetNamingMode = 'grpc',
): JsonObject {
  const { pod } = workload
  const namespace = workload.namespace ?? pod?.namespace ?? 'default'
  const instanceIp = workload.instanceIp ?? pod?.ip ?? guessInstanceIp(address)
  const instance = pod?.name ?? `${workload.service ?? 'inmesh'}-${uniqueSuffix(random)}`
  return {
    xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: {
      // istiod takes exactly these four parts.
      id: `sidecar~${instanceIp}~${instance}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: workload.service ?? '',
      ...(pod?.locality && { locality: localityOf(pod.locality) }),
      metadata: {
        ...(pod && metadataOfPod(pod)),
        ...(naming === 'grpc' && { GENERATOR: 'grpc' }),
        NAMESPACE: namespace,
        INSTANCE_IPS: instanceIp,
      },
    },
    server_listener_resource_name_template: isIstiod(address) ? ISTIOD_LISTENER_TEMPLATE : INBOUND_LISTENER_TEMPLATE,
  }
}

/** As Istio's agent tells it. */
function metadataOfPod({ name, serviceAccount, labels, metadata }: Pod): JsonObject {
  const { GENERATOR: _, ...own } = metadata
  return {
    ...own,
    NAME: name,
    ...(serviceAccount !== undefined && { SERVICE_ACCOUNT: serviceAccount }),
    ...(Object.keys(labels).length > 0 && { LABELS: { ...labels } }),
  }
}

function localityOf({ region, zone, subZone }: LocalityOption): JsonObject {
  return { region, zone: zone ?? '', sub_zone: subZone ?? '' }
}

/**
 * Adds to a bootstrap what code and environment say of the workload; they count over the file.
 *
 * @param bootstrap - The bootstrap.
 * @param workload - What was said.
 */
export function withWorkload(bootstrap: Bootstrap, workload: WorkloadSettings): Bootstrap {
  const { node } = bootstrap
  const { locality } = workload
  const identity: NodeIdentity = {
    ...node,
    metadata: { ...node.metadata, ...metadataOf(workload, node.metadata.LABELS) },
    locality:
      locality === undefined
        ? node.locality
        : { region: locality.region, zone: locality.zone ?? '', subZone: locality.subZone ?? '' },
  }
  return { ...bootstrap, node: identity }
}

function metadataOf(workload: WorkloadSettings, labels: unknown): JsonObject {
  const { service, namespace, version, servicePort, instanceIp } = workload
  const all: JsonObject = {
    ...(typeof labels === 'object' ? (labels as JsonObject) : undefined),
    ...(service !== undefined && { app: service }),
    ...(version !== undefined && { version }),
    ...workload.labels,
  }
  return {
    ...(Object.keys(all).length > 0 && { LABELS: all }),
    ...(namespace !== undefined && { NAMESPACE: namespace }),
    ...(instanceIp !== undefined && { INSTANCE_IPS: instanceIp }),
    ...(service !== undefined && { INMESH_SERVICE: service }),
    ...(servicePort !== undefined && { INMESH_SERVICE_PORT: String(servicePort) }),
  }
}

/** As long as what Kubernetes puts behind a pod's name. */
function uniqueSuffix(random: Random): string {
  const bytes = new Uint8Array(5)
  random.fill(bytes)
  return Buffer.from(bytes).toString('hex')
}
