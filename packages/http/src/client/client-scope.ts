import type { Call, ContextStore, DataPlane, TracePropagation, Tracer } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { ActiveCalls } from './active-calls.js'
import type { CallRecords } from './call-progress.js'
import type { HttpCarrier } from './http-carrier.js'
import type { LegacyHandler } from './legacy-handler.js'
import type { OutboundRequest } from './outbound-request.js'
import type { Trust } from './tls/trust.js'

export type { CallTarget } from './call-target.js'

/** Sends copies of requests to the mirrors of their routes. */
export interface MirrorSender {
  /** See `MirrorTraffic.begin`. */
  begin(call: Call, request: OutboundRequest, handler: LegacyHandler): LegacyHandler
}

/** What the calls of one dispatcher share. */
export interface ClientScope {
  /** Where targets, clock and dice come from. */
  readonly plane: DataPlane
  /** Where connections come from. */
  readonly carrier: HttpCarrier
  /** Context of the inbound request that the running code works for. */
  readonly context: ContextStore | undefined
  /** Makes spans of calls; undefined where nobody traces. */
  readonly tracer: Tracer | undefined
  /** How calls tell their traces. */
  readonly propagation: TracePropagation
  /** Carries requests to hosts outside the mesh: of the dispatcher, or of whoever it stands in for. */
  readonly passThrough: Dispatcher
  /** How servers of `https:` URLs are verified. */
  readonly trust: Trust
  /** How long a request waits for the first configuration of its target, in milliseconds. */
  readonly discoveryTimeoutMs: number
  /** Whether replies made by the mesh become errors. */
  readonly throwsReplies: boolean
  /** Where it is found out afterwards what became of a call that failed. */
  readonly records: CallRecords
  /** The calls. */
  readonly calls: ActiveCalls
  /** Sends copies of requests to the mirrors of their routes. */
  readonly mirrors: MirrorSender
}
