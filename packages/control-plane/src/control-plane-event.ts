import type { MeshError } from '@inmesh/core'
import type { ConfigWarning, MeshChange, RegisteredWorkload } from '@inmesh/istio'

/** The directory was read again and is in use. */
export interface ReloadedEvent {
  /** Tells it from other events. */
  readonly kind: 'reloaded'
  /** What differs; empty when a refused directory was put back as it was. */
  readonly changes: readonly MeshChange[]
  /** What is valid but not carried out. */
  readonly warnings: readonly ConfigWarning[]
}

/** The directory holds errors; the last good configuration stays in use. */
export interface RefusedEvent {
  /** Tells it from other events. */
  readonly kind: 'refused'
  /** All errors (`ERR_INMESH_CONFIG_FILE`, each with its place). */
  readonly errors: readonly MeshError[]
}

/** A workload listens and was given to callers. */
export interface WorkloadRegisteredEvent {
  /** Tells it from other events. */
  readonly kind: 'workload-registered'
  /** The workload. */
  readonly workload: RegisteredWorkload
}

/** A workload drains or is gone and was taken from callers. */
export interface WorkloadRemovedEvent {
  /** Tells it from other events. */
  readonly kind: 'workload-removed'
  /** The workload. */
  readonly workload: RegisteredWorkload
}

/** A client names a service in a form that cannot be registered. It is served all the same. */
export interface WorkloadRefusedEvent {
  /** Tells it from other events. */
  readonly kind: 'workload-refused'
  /** `node.id` of the client. */
  readonly nodeId: string
  /** What is wrong, a sentence without the final stop. */
  readonly reason: string
}

/** A client refused a response, or resources of it. The same content is not sent to it again. */
export interface NackEvent {
  /** Tells it from other events. */
  readonly kind: 'nack'
  /** `node.id` of the client. */
  readonly nodeId: string
  /** Short name of the type: LDS, RDS, CDS or EDS. */
  readonly type: string
  /** What the client said. */
  readonly reason: string
}

/** A client opened a stream and said who it is. */
export interface StreamOpenedEvent {
  /** Tells it from other events. */
  readonly kind: 'stream-opened'
  /** `node.id` of the client. */
  readonly nodeId: string
  /** Address and port of the client. */
  readonly peer: string
  /** State of the world or incremental. */
  readonly protocol: 'sotw' | 'delta'
}

/** A stream ended. */
export interface StreamClosedEvent {
  /** Tells it from other events. */
  readonly kind: 'stream-closed'
  /** `node.id` of the client. */
  readonly nodeId: string
  /** Address and port of the client. */
  readonly peer: string
}

/** Something that happened in a control plane, told apart by `kind`. */
export type ControlPlaneEvent =
  | ReloadedEvent
  | RefusedEvent
  | WorkloadRegisteredEvent
  | WorkloadRemovedEvent
  | WorkloadRefusedEvent
  | NackEvent
  | StreamOpenedEvent
  | StreamClosedEvent

/**
 * @param event - An event.
 * @returns it in words: a line each for what happened, errors and warnings with file, line and field.
 */
export function eventLines(event: ControlPlaneEvent): readonly string[] {
  return describe(event).map(printable)
}

// Clients choose some of the words; none of them gets to steer a terminal or to forge a line.
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

function describe(event: ControlPlaneEvent): readonly string[] {
  switch (event.kind) {
    case 'reloaded':
      return [
        event.changes.length === 0
          ? 'reloaded: as before'
          : `reloaded: ${event.changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`).join(', ')}`,
        ...event.warnings.map(({ message }) => `warning: ${message}`),
      ]
    case 'refused':
      return event.errors.map(({ message }) => `refused: ${message}`)
    case 'workload-registered':
      return [`workload registered: ${workloadText(event.workload)}`]
    case 'workload-removed':
      return [`workload removed: ${workloadText(event.workload)}`]
    case 'workload-refused':
      return [`workload refused: node ${event.nodeId}: ${event.reason}`]
    case 'nack':
      return [`refused by node ${event.nodeId}: ${event.type}: ${event.reason}`]
    case 'stream-opened':
      return [`node connected: ${event.nodeId} from ${event.peer} (${event.protocol})`]
    case 'stream-closed':
      return [`node disconnected: ${event.nodeId} from ${event.peer}`]
  }
}

function workloadText(workload: RegisteredWorkload): string {
  const address = workload.address.includes(':') ? `[${workload.address}]` : workload.address
  const version = workload.labels.version
  const name = `${workload.service} in ${workload.namespace} at ${address}:${workload.port}`
  return version === undefined ? name : `${name}, version ${version}`
}
