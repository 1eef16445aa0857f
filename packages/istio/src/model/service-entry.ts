import type { ErrorPlace } from '@inmesh/core'
import type { ResourceIdentity, Visibility } from './resource-identity.js'
import type { WorkloadSpec } from './workload-entry.js'

/** What is spoken on a port, as far as it decides how calls are routed. */
export type PortProtocol = 'http' | 'http2' | 'opaque'

/** A port of a service. */
export interface ServicePort {
  /** Name, which endpoints give their own port by. */
  readonly name: string
  /** The port that callers use. */
  readonly number: number
  /** The endpoints' port where they do not give their own. */
  readonly targetPort: number
  /** HTTP/1.1, HTTP/2 (gRPC is one of its uses), or bytes that are not looked into. */
  readonly protocol: PortProtocol
}

/** How a service's endpoints are found. */
export type Resolution = 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS' | 'NONE'

/** A ServiceEntry: hosts, their ports and where their endpoints come from. */
export interface ServiceEntry extends ResourceIdentity {
  readonly kind: 'ServiceEntry'
  /** Full host names, in lower case. */
  readonly hosts: readonly ServiceHost[]
  /** Virtual addresses, which are domains of the virtual host too. */
  readonly addresses: readonly string[]
  /** Ports in the order written. */
  readonly ports: readonly ServicePort[]
  /** How endpoints are found. */
  readonly resolution: Resolution
  /** Inline endpoints. */
  readonly endpoints: readonly WorkloadSpec[]
  /** Labels that WorkloadEntries of the namespace must have to be endpoints. */
  readonly workloadSelector?: Readonly<Record<string, string>>
  /** Namespaces that see the service. */
  readonly visibility: Visibility
}

/** A host of a ServiceEntry. */
export interface ServiceHost {
  /** Full name. */
  readonly name: string
  /** Where it was written. */
  readonly place: ErrorPlace
}
