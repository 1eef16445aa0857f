import type { MeshError } from '@inmesh/core'
import type { ConfigWarning, RegisteredWorkload } from '@inmesh/istio'

/** A refusal by a client. */
export interface NackStatus {
  /** Short name of the type: LDS, RDS, CDS or EDS. */
  readonly type: string
  /** What the client said. */
  readonly reason: string
}

/** A stream of a client. */
export interface StreamStatus {
  /** `node.id`; empty when not given. */
  readonly nodeId: string
  /** Namespace of the client. */
  readonly namespace: string
  /** Address and port of the client. */
  readonly peer: string
  /** State of the world or incremental. */
  readonly protocol: 'sotw' | 'delta'
  /** Names asked for, by short name of the type; `*` for all. */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>
  /** The last refusal of each type that was not followed by a response that was taken. */
  readonly nacks: readonly NackStatus[]
}

/** What a control plane does now. */
export interface ControlPlaneStatus {
  /** Path of the configuration directory. */
  readonly directory: string
  /** Address it listens on. */
  readonly address: string
  /** Port it listens on. */
  readonly port: number
  /** Open streams. */
  readonly streams: readonly StreamStatus[]
  /** Workloads that serve. */
  readonly workloads: readonly RegisteredWorkload[]
  /** What is wrong with the directory as it is; empty when all of it is in use. */
  readonly errors: readonly MeshError[]
  /** What of the configuration in use is not carried out. */
  readonly warnings: readonly ConfigWarning[]
}
