import type { Locality } from '@inmesh/core'
import type { Visibility } from '../model/resource-identity.js'
import type { ServicePort } from '../model/service-entry.js'

/** An endpoint of a service. */
export interface ServiceEndpoint {
  /** Name of the workload, for telemetry. */
  readonly workload: string
  /** Namespace of the workload. */
  readonly namespace: string
  /** IP address, or a host name where DNS knows the endpoints. */
  readonly address: string
  /** The endpoint's port by the service's port; a port that is missing is not served. */
  readonly ports: ReadonlyMap<number, number>
  /** Labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Where it runs. */
  readonly locality: Locality
  /** Share of the requests relative to its siblings. */
  readonly weight: number
  /** Service account; empty when not known. */
  readonly serviceAccount: string
}

/**
 * Who knows the endpoints of a service: whoever configures the mesh; the caller's DNS, each address an endpoint or all together one; or the
 * caller, who meant it for that very address.
 */
export type ServiceDiscovery = 'registry' | 'dns' | 'logical-dns' | 'original-destination'

/** A host that can be called, with everything known of it: declared by a ServiceEntry, by running workloads, or both. */
export interface Service {
  /** Full host name. */
  readonly host: string
  /** Namespace whose DestinationRules are the service's own. */
  readonly namespace: string
  /** Ports. */
  readonly ports: readonly ServicePort[]
  /** Virtual addresses. */
  readonly addresses: readonly string[]
  /** Who knows its endpoints. */
  readonly discovery: ServiceDiscovery
  /** Endpoints, declared ones first. */
  readonly endpoints: readonly ServiceEndpoint[]
  /** Namespaces that see it. */
  readonly visibility: Visibility
}

/**
 * @param labels - Labels of a workload.
 * @param selector - Labels it must have.
 * @returns whether it has them all.
 */
export function hasLabels(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}
