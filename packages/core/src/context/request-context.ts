import type { Random } from '../ports/random.js'
import { newTraceparent } from './trace-context.js'

/** What follows one inbound request to every call it makes. */
export class RequestContext {
  /** Absolute limit on the plane's clock; `Infinity` for none. */
  readonly deadline: number
  /** `tracestate` of the inbound request; empty when it had none. */
  readonly tracestate: string
  /**
   * Address of the client that the request comes from in the end, an IP literal: of the peer, or what trusted peers tell in
   * `x-forwarded-for`. Empty when it is not known. Routes may match its network.
   */
  readonly clientAddress: string
  #traceparent: string

  /**
   * @param deadline - Absolute limit on the plane's clock; `Infinity` for none.
   * @param traceparent - A valid `traceparent`, or the empty string to begin a trace when one is first needed.
   * @param tracestate - Its `tracestate`; ignored without a `traceparent`.
   * @param clientAddress - Address of the originating client, or the empty string.
   */
  constructor(deadline: number, traceparent = '', tracestate = '', clientAddress = '') {
    this.deadline = deadline
    this.clientAddress = clientAddress
    this.#traceparent = traceparent
    this.tracestate = traceparent === '' ? '' : tracestate
  }

  /**
   * The `traceparent` for outbound calls; made when first asked for, so that a request that makes no call pays nothing.
   *
   * @param random - Source of the ids.
   */
  traceparent(random: Random): string {
    if (this.#traceparent === '') this.#traceparent = newTraceparent(random)
    return this.#traceparent
  }
}

/** Keeps the context of the request that the running code works for. */
export interface ContextStore {
  /** The context, or undefined outside a request. */
  current(): RequestContext | undefined
  /**
   * Runs code for a request; whatever it starts, later callbacks included, belongs to that request.
   *
   * @param context - The request's context, or undefined to leave every request.
   * @param callback - The code.
   */
  run<T>(context: RequestContext | undefined, callback: () => T): T
}
