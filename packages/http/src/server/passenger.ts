import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ActiveFaults, Clock, Random } from '@inmesh/core'
import type { MeshRequest } from './mesh-request.js'

/** What the gates of a mesh share. */
export interface GatePlane {
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Faults that are injected into requests now. */
  readonly faults: ActiveFaults
  /** How long a request waits for the first word about the listener, in milliseconds. */
  readonly patienceMs: number
  /** Whether a server without a listener answers 503; otherwise its requests go to the application as they are. */
  readonly required: boolean
}

/** Where a request is answered or handed on. */
export interface Passenger {
  /** The request. */
  readonly request: IncomingMessage
  /** What the mesh knows of it. */
  readonly mesh: MeshRequest
  /** Its response; asked for only when it is needed. */
  response(): ServerResponse
  /** Hands it to the application. */
  proceed(): void
  /** Whether it becomes a connection of another protocol, whose first bytes the application writes itself. Default false. */
  readonly isTunnel?: boolean
  /** Called before it is answered in place of the application. Absent: nobody needs to know. */
  answers?(): void
}
