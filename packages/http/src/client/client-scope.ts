import type { Call, ContextStore, DataPlane, RouteFinder, Target } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { HttpCarrier } from './http-carrier.js'
import type { LegacyHandler } from './legacy-handler.js'
import type { OutboundRequest } from './outbound-request.js'

/** A call, as far as ending it goes. */
export interface Abortable {
  /** Ends it with an error. */
  abort(reason: Error): void
}

/** Sends copies of requests to the mirrors of their routes. */
export interface MirrorSender {
  /** See `MirrorTraffic.begin`. */
  begin(call: Call, request: OutboundRequest, handler: LegacyHandler): LegacyHandler
}

/** What a call needs to know of its target. */
export interface CallTarget extends Pick<Target, 'name' | 'state' | 'error' | 'whenSettled'> {
  /** Present exactly while the state is `configured`. */
  readonly snapshot: { readonly table: RouteFinder } | undefined
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
  /** Sends copies of requests to the mirrors of their routes. */
  readonly mirrors: MirrorSender
  /** Told when a call has ended. */
  callEnded(): void
}
