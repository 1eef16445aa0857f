import type { ContextStore, DataPlane } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { HttpCarrier } from './http-carrier.js'

/** A call, as far as ending it goes. */
export interface Abortable {
  /** Ends it with an error. */
  abort(reason: Error): void
}

/** What the calls of one dispatcher share. */
export interface ClientScope {
  /** Where targets, clock and dice come from. */
  readonly plane: DataPlane
  /** Where connections come from. */
  readonly carrier: HttpCarrier
  /** Context of the inbound request that the running code works for. */
  readonly context: ContextStore | undefined
  /** Carries requests to hosts outside the mesh. */
  readonly passThrough: Dispatcher
  /** How long a request waits for the first configuration of its target, in milliseconds. */
  readonly discoveryTimeoutMs: number
  /** Whether replies made by the mesh become errors. */
  readonly throwsReplies: boolean
  /** Calls that have not ended. */
  active: number
  /** Those that no connection of the carrier would tell of its end: they wait, or go to a host outside the mesh. */
  readonly unconnected: Set<Abortable>
  /** What every call ends with since the dispatcher was destroyed. */
  destroyed: Error | undefined
  /** Told when a call has ended. */
  callEnded(): void
}
