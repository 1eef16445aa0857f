import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_EdsClusterConfig,
  Cluster_LbPolicy,
  create,
  durationFromMilliseconds,
} from '@inmesh/xds-proto'
import type { ServicePort } from '../model/service-entry.js'
import type { MeshView } from '../registry/mesh-view.js'
import type { Service } from '../registry/service.js'
import { assignment } from './assignment.js'
import { adsSource } from './listener.js'
import { clusterName } from './resource-name.js'

// istiod's defaults (mesh config, dnsRefreshRate).
const dnsRefreshMs = 60_000
const dnsJitterMs = 100

/**
 * Says where the endpoints of a cluster come from, as istiod does for sidecars: a service that is known to DNS is looked up by the caller, and
 * one that has no endpoints because it is wherever the caller was going is passed on to.
 *
 * @param view - The mesh as the caller sees it.
 * @param service - The service.
 * @param port - Its port.
 * @param subset - Name of a subset; empty for the whole service.
 */
export function discovery(view: MeshView, service: Service, port: ServicePort, subset: string): Partial<Cluster> {
  switch (service.discovery) {
    case 'dns':
    case 'logical-dns': {
      const loadAssignment = assignment(view, service, port, subset)
      // A subset may leave nothing of the one endpoint that LOGICAL_DNS must have.
      const isLogical = service.discovery === 'logical-dns' && loadAssignment.endpoints.length === 1
      return {
        clusterDiscoveryType: type(isLogical ? 'LOGICAL_DNS' : 'STRICT_DNS'),
        loadAssignment,
        dnsRefreshRate: durationFromMilliseconds(dnsRefreshMs),
        dnsJitter: durationFromMilliseconds(dnsJitterMs),
        respectDnsTtl: true,
        dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
      }
    }
    case 'original-destination':
      return {
        clusterDiscoveryType: type('ORIGINAL_DST'),
        lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
        lbConfig: undefined,
      }
    case 'registry': {
      const serviceName = clusterName(port.number, subset, service.host)
      return {
        clusterDiscoveryType: type('EDS'),
        edsClusterConfig: create(Cluster_EdsClusterConfig, { edsConfig: adsSource(), serviceName }),
      }
    }
  }
}

function type(name: keyof typeof Cluster_DiscoveryType): Cluster['clusterDiscoveryType'] {
  return { $case: 'type', value: Cluster_DiscoveryType[name] }
}
