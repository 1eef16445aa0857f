import type { HttpRoute } from './http-route.js'
import type { ResourceIdentity, Visibility } from './resource-identity.js'
import type { ServiceHost } from './service-entry.js'

/** A VirtualService: how calls to its hosts are routed. */
export interface VirtualService extends ResourceIdentity {
  readonly kind: 'VirtualService'
  /** Full host names in lower case; a name may begin with `*.`, and `*` stands for all. */
  readonly hosts: readonly ServiceHost[]
  /** Routes in the order written; the first that matches is taken. */
  readonly http: readonly HttpRoute[]
  /** Namespaces whose callers it holds for. */
  readonly visibility: Visibility
  /** Whether it holds inside the mesh: false where it is only for named gateways. */
  readonly forMesh: boolean
}
