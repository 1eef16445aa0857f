import { MeshError } from '../errors/mesh-error.js'
import { type DependentCall, DependentCalls } from './dependent-call.js'
import { Trace } from './trace.js'

/** What a {@link RequestContext} carries beside its deadline. */
export interface CarriedContext {
  /** The trace that the request belongs to. Default: one that begins when it is first asked for. */
  readonly trace?: Trace | undefined
  /** See {@link RequestContext.baggage}. Default: none. */
  readonly baggage?: string | undefined
  /** See {@link RequestContext.priority}. Default: none was told. */
  readonly priority?: number | undefined
  /** See {@link RequestContext.clientAddress}. Default: not known. */
  readonly clientAddress?: string | undefined
  /** See {@link RequestContext.peer}. Default: not proven. */
  readonly peer?: string | undefined
}

/** The response of a request: a `ServerResponse` of Node. */
export interface RequestAnswer {
  /** Whether its handler has ended it. */
  readonly writableEnded: boolean
}

const NOTHING: CarriedContext = {}

/**
 * What follows one inbound request to every call that it makes. It is in force until the response ends: work that goes on after that (a
 * cache that is filled, a client that was made in passing and polls for ever) has its trace and nothing else.
 */
export class RequestContext {
  /** W3C `baggage` as it is sent on, within the limits of {@link boundedBaggage}; empty for none. */
  readonly baggage: string
  /** Urgency from 0, the highest, to 7 (RFC 9218); undefined when nobody told, which means 3. */
  readonly priority: number | undefined
  /**
   * Address of the client that the request comes from in the end, an IP literal: of the peer, or what trusted peers tell in
   * `x-forwarded-for`. Empty when it is not known. Routes may match its network.
   */
  readonly clientAddress: string
  /** SPIFFE id that the peer has proven to have; undefined where connections prove none. */
  readonly peer: string | undefined
  #calls: DependentCalls | undefined = undefined
  #answer: RequestAnswer | undefined = undefined
  #cancellation: MeshError | undefined = undefined
  #over = false
  /** What is in force once the request is over; made when somebody asks. */
  #afterwards: RequestContext | undefined = undefined
  #deadline: number
  #trace: Trace

  /**
   * @param deadline - Absolute limit on the plane's clock; `Infinity` for none.
   * @param carried - What it carries beside. Default: nothing.
   */
  constructor(deadline: number, carried: CarriedContext = NOTHING) {
    this.#deadline = deadline
    this.#trace = carried.trace ?? new Trace()
    this.baggage = carried.baggage ?? ''
    this.priority = carried.priority
    this.clientAddress = carried.clientAddress ?? ''
    this.peer = carried.peer
  }

  /** What counts for a call that begins now: this context, or what is left when the request is over. */
  get inForce(): RequestContext {
    if (this.#answer?.writableEnded === true) this.close()
    if (!this.#over) return this
    this.#afterwards ??= new RequestContext(Number.POSITIVE_INFINITY, { trace: this.trace })
    return this.#afterwards
  }

  /** Why calls that depend on the request end: its caller went away. Undefined while it waits. */
  get cancellation(): MeshError | undefined {
    return this.#cancellation
  }

  /** The same for work that outlives the request: without its deadline and its end. */
  detached(): RequestContext {
    return new RequestContext(Number.POSITIVE_INFINITY, this)
  }

  /** The trace that the request belongs to. */
  get trace(): Trace {
    return this.#trace
  }

  /**
   * The request has a span of its own in its trace.
   *
   * @param trace - The trace as that span tells it.
   */
  traced(trace: Trace): void {
    this.#trace = trace
  }

  /** Absolute limit on the plane's clock; `Infinity` for none. */
  get deadline(): number {
    return this.#deadline
  }

  /**
   * Lowers the deadline, as the route that the request took says.
   *
   * @param deadline - Absolute limit on the plane's clock. One that is later than the deadline changes nothing.
   */
  limit(deadline: number): void {
    if (deadline < this.#deadline) this.#deadline = deadline
  }

  /** The request became a connection of another protocol, which lasts as long as both sides like: the time that a response may take is no limit. */
  lasts(): void {
    this.#deadline = Number.POSITIVE_INFINITY
  }

  /**
   * The context is in force until the handler ends its response, however long the network takes for it.
   *
   * @param answer - The response.
   */
  endsWith(answer: RequestAnswer): void {
    this.#answer = answer
  }

  /**
   * A call ends when the caller of the request goes away before it has its response.
   *
   * @param call - The call, until it leaves.
   */
  follow(call: DependentCall): void {
    this.#calls ??= new DependentCalls()
    call.join(this.#calls)
  }

  /** The request is over: what is under way goes on, and what begins later has the trace only. */
  close(): void {
    this.#calls = undefined
    this.#answer = undefined
    this.#over = true
  }

  /**
   * The caller went away: calls that depend on the request end, and none begins as long as its handler is at work. Without this a handler
   * that takes the failure of one call for a reason to make another would work on for nobody. Once it has ended its response no call can
   * change that any more, and all go on.
   */
  cancel(): void {
    if (this.#cancellation !== undefined || this.inForce !== this) return
    this.#cancellation = new MeshError(
      'ERR_INMESH_CANCELLED',
      'the caller of the inbound request went away before it had its response',
    )
    this.#calls?.abort(this.#cancellation)
  }
}

/** Keeps the context of the request that the running code works for. */
export interface ContextStore {
  /** The context that is in force ({@link RequestContext.inForce}), or undefined outside a request. */
  current(): RequestContext | undefined
  /**
   * Runs code for a request; whatever it starts, later callbacks included, belongs to that request.
   *
   * @param context - The request's context, or undefined to leave every request.
   * @param callback - The code.
   */
  run<T>(context: RequestContext | undefined, callback: () => T): T
}
