import { Call, type DataPlane, type LocalReply, type RouteFinder, type TracePropagation } from '@inmesh/core'
import type { MeshDispatchOptions } from './call-options.js'
import { CallProgress, type CallRecords } from './call-progress.js'
import { OriginTable } from './origin.js'
import type { OutboundPolicy } from './outbound-policy.js'
import { OutboundRequest } from './outbound-request.js'

/** What a {@link CallObserver} is made of. */
export interface CallObserverOptions {
  /** Knows targets, clusters and endpoints. */
  readonly plane: DataPlane
  /** Which hosts the mesh looks at. */
  readonly outbound: OutboundPolicy
  /** How calls tell their traces. */
  readonly propagation: TracePropagation
  /** Where it is found out afterwards what would have become of a call. */
  readonly records: CallRecords
  /** Told of every call. */
  readonly observed: (call: ObservedCall) => void
}

/** What the mesh would have done with a call. */
export interface ObservedCall {
  /** Nothing, as its host is not known yet or none of the mesh's, send it to an endpoint, or answer it. */
  readonly kind: 'undecided' | 'outside' | 'routed' | 'answered'
  /** Host and, where it is not that of the scheme, port. */
  readonly authority: string
  /** The answer; undefined for any other kind. */
  readonly reply?: LocalReply | undefined
}

/** A request as far as deciding about it needs. */
export type ObservedRequest = Pick<MeshDispatchOptions, 'origin' | 'path' | 'method' | 'headers' | 'mesh'>

/** Decides about calls as the mesh would, by the same code, and touches none of them. */
export class CallObserver {
  readonly #options: CallObserverOptions
  readonly #origins: OriginTable

  /**
   * @param options - Parts of it.
   */
  constructor(options: CallObserverOptions) {
    this.#options = options
    this.#origins = new OriginTable(options.outbound)
  }

  /**
   * Decides about a call that is about to be made.
   *
   * @param request - The call.
   * @returns what is known of it; undefined where the mesh has nothing to do with it, or knows nothing of its host yet.
   */
  observe(request: ObservedRequest): CallProgress | undefined {
    const { plane, observed } = this.#options
    const origin = this.#origins.find(request.origin)
    if (origin === null) return undefined
    const { authority } = origin
    const target = origin.target(plane)
    if (target?.state === 'configured') return this.#decide(request, authority, target.snapshot!)
    const known = target === undefined || target.state === 'unknown'
    observed({ kind: known ? 'outside' : 'undecided', authority })
    return undefined
  }

  #decide(request: ObservedRequest, authority: string, snapshot: { readonly table: RouteFinder }): CallProgress {
    const { plane, records, propagation, observed } = this.#options
    const origin = this.#origins.find(request.origin)
    const view = new OutboundRequest(origin, request, undefined, { propagation, trust: undefined })
    const call = new Call(plane, snapshot, view)
    const progress = new CallProgress(records, authority)
    progress.call = call
    const reply = wouldAnswer(call)
    call.end()
    if (reply !== undefined) progress.replied(reply)
    observed({ kind: reply === undefined ? 'routed' : 'answered', authority, reply })
    return progress
  }
}

/** @returns undefined where the call would go to an endpoint. */
function wouldAnswer(call: Call): LocalReply | undefined {
  let verdict = call.start()
  // How long it would be held back is of no account.
  while (verdict.kind === 'wait') verdict = call.resume(verdict)
  if (verdict.kind === 'local-reply') return verdict
  const picked = call.pick()
  if (picked.kind === 'local-reply') return picked
  return picked.kind === 'endpoint' ? call.attemptStarted(picked) : undefined
}
