import type { NodeIdentity } from '../bootstrap/bootstrap.js'
import type { ResourceRecord } from '../source/resource-record.js'

/** What was learned from one management server. */
export interface ClientStatus {
  /** `server_uri` of the server. */
  readonly server: string
  /** Who the client says it is. */
  readonly node: NodeIdentity
  /** Every resource that is watched, with what became of it. */
  readonly resources: readonly ResourceRecord[]
}
