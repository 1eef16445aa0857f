/**
 * What is known about a resource, in gRFC A40's terms as A88 completes them. `requested`: nothing yet. `accepted`: the newest copy is in
 * use. `rejected`: the newest copy was refused. `failed`: the control plane has an error in its place. In these two an older copy may be in
 * use. `missing`: it does not exist. `overdue`: it did not come in time, which says nothing of whether it exists.
 */
export type ResourceStatus = 'requested' | 'accepted' | 'rejected' | 'failed' | 'missing' | 'overdue'

/** What stands in the way of the newest copy of a resource. */
export interface ResourceFault {
  /** Every complaint, one sentence. */
  readonly details: string
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number
  /** Version of the copy that was refused; empty where there is no such copy, or where it has none. */
  readonly version: string
  /** The copy that was refused, as it was received; undefined where there is none. */
  readonly bytes: Uint8Array | undefined
}

/** One resource as a client knows it (gRFC A40). */
export interface ResourceRecord {
  /** Full type URL, with the `type.googleapis.com/` prefix. */
  readonly typeUrl: string
  /** Name that it is asked for by. */
  readonly name: string
  /** What became of the newest copy. */
  readonly status: ResourceStatus
  /** Version of the copy in use; empty where there is none, or where it has none. */
  readonly version: string
  /** The copy in use, as it was received; undefined where there is none. */
  readonly bytes: Uint8Array | undefined
  /** When the copy in use arrived, in milliseconds since the Unix epoch; 0 where there is none. */
  readonly updatedMs: number
  /** What is wrong; undefined when nothing is, or when it is about the connection only. */
  readonly fault: ResourceFault | undefined
}
