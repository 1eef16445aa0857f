import type { Socket } from 'node:net'
import type { Clock, DataPlane } from '@inmesh/core'
import type { CallRecords } from '../client/call-progress.js'
import type { HttpCarrier } from '../client/http-carrier.js'
import type { CountedConnection, TcpConnections } from './tcp-connections.js'
import type { TcpRequest } from './tcp-request.js'

/** What knows the hosts of a mesh. */
export interface TcpMesh {
  /** Where targets, clock and dice come from. */
  readonly plane: DataPlane
  /** Knows how endpoints are connected to, and how that is secured. */
  readonly carrier: HttpCarrier
}

/** What the connections of one mesh share. */
export interface TcpScope {
  /** Time. */
  readonly clock: Clock
  /** Knows hosts and endpoints; undefined where the mesh is switched off. */
  readonly mesh: TcpMesh | undefined
  /** How long one waits for the first configuration of its target, in milliseconds. */
  readonly discoveryTimeoutMs: number
  /** Where it is found out afterwards what became of one that failed. */
  readonly records: CallRecords
  /** The connections. */
  readonly connections: TcpConnections<CountedConnection>
  /** Whether one may go to a host that is not in the mesh. */
  mayLeave(request: TcpRequest): boolean
  /** Connects to a host outside the mesh. */
  connectOutside(host: string, port: number, done: (error: Error | null, socket?: Socket) => void): void
}
