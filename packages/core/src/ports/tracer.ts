import type { RequestContext } from '../context/request-context.js'
import type { Trace } from '../context/trace.js'
import type { ReceivedTrace } from '../context/trace-propagation.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'

/** A request that a server has taken, as its span tells it. */
export interface ServedRequest {
  /** As it came. */
  readonly method: string
  /** Path and query as they came. */
  readonly path: string
  /** Of its `host` or `:authority` header; empty without one. */
  readonly authority: string
  /** `http` or `https`. */
  readonly scheme: string
  /** `1.1` or `2`. */
  readonly httpVersion: string
  /** Its `user-agent`; undefined without one. */
  readonly userAgent: string | undefined
  /** Address of the peer, an IP literal; undefined where there is none. */
  readonly peerAddress: string | undefined
  /** Port of the peer. */
  readonly peerPort: number | undefined
}

/** What became of a request that a server took. */
export interface ServedOutcome {
  /** HTTP status; undefined where no response began. */
  readonly status: number | undefined
  /** Whether all of the response was handed to the network. */
  readonly complete: boolean
  /** Path of the application's route, with its parameters unfilled; empty where it is not known. */
  readonly template: string
  /** Name of the route in the server's listener; empty where there is none. */
  readonly route: string
  /** Envoy's response flags; `-` for none. */
  readonly flags: string
  /** Address of the client that it comes from in the end; may be empty. */
  readonly clientAddress: string
  /** What the application noted. */
  readonly tags: ReadonlyMap<string, string | number | boolean>
}

/** The span of a request that a server takes. */
export interface ServerSpan {
  /** The trace of all that works for the request. */
  readonly trace: Trace
  /** Whether it was made by somebody else, who watches the server too: it is only added to. */
  readonly joined: boolean
  /**
   * The response is over. Called once.
   *
   * @param outcome - What became of the request.
   */
  end(outcome: ServedOutcome): void
}

/** A call as its span tells it. */
export interface CalledRequest {
  /** As the application has it. */
  readonly method: string
  /** Path and query as the application has them. */
  readonly path: string
  /** `http` or `https`. */
  readonly scheme: string
  /** Host of the URL. */
  readonly host: string
  /** Port of the URL, that of its scheme where it names none. */
  readonly port: number
  /** The trace that the application's own headers name; undefined where they name none. */
  readonly stated: ReceivedTrace | undefined
}

/** What became of one attempt. */
export interface AttemptReport {
  /** From 1. */
  readonly number: number
  /** Address of the endpoint. */
  readonly endpoint: string
  /** HTTP status; undefined without a response. */
  readonly status: number | undefined
  /** How it failed; undefined where a response came, or nobody waited for one any more. */
  readonly failure: AttemptFailure | undefined
  /** Milliseconds until the next attempt; undefined where it was the last. */
  readonly backOffMs: number | undefined
}

/** What became of a call. */
export interface CallReport {
  /** Name of the route; may be empty. */
  readonly route: string
  /** Name of the cluster; empty for a call that went past the mesh. */
  readonly cluster: string
  /** Address of the endpoint of the last attempt; undefined without one. */
  readonly endpoint: string | undefined
  /** `1.1` or `2`; undefined where the mesh did not carry the call. */
  readonly httpVersion: string | undefined
  /** Attempts made. */
  readonly attempts: number
  /** HTTP status that the caller got; undefined where it got an error. */
  readonly status: number | undefined
  /** Code of the error, or of the mesh's own answer; undefined where there is none. */
  readonly code: string | undefined
  /** The error that the caller got; undefined where it got a response. */
  readonly error: Error | undefined
  /** Envoy's response flags; `-` for none. */
  readonly flags: string
}

/** The span of a call. */
export interface ClientSpan {
  /** Goes out with every attempt, in place of what the application's headers name. */
  readonly trace: Trace
  /** W3C `baggage` that the running code has, in place of that of its request; undefined where that counts. */
  readonly baggage: string | undefined
  /** Whether anybody will see it. Otherwise it is told nothing. */
  readonly recording: boolean
  /**
   * An attempt is over.
   *
   * @param report - What became of it.
   */
  attempted(report: AttemptReport): void
  /**
   * The call is over. Called once.
   *
   * @param report - What became of it.
   */
  end(report: CallReport): void
  /**
   * Runs code that sends an attempt, so that others who watch the same client make no span of it.
   *
   * @param callback - The code.
   */
  silence<T>(callback: () => T): T
}

/** Makes spans of requests and calls. */
export interface Tracer {
  /** Whether anybody has asked for spans in this process, by now. Nothing else is called where nobody has. */
  readonly active: boolean
  /**
   * Begins the span of a request.
   *
   * @param request - The request.
   * @param trace - The trace that came with it.
   * @param baggage - W3C `baggage` that came with it; may be empty.
   * @returns undefined where none is to be made.
   */
  server(request: ServedRequest, trace: Trace, baggage: string): ServerSpan | undefined
  /**
   * Begins the span of a call that the running code makes.
   *
   * @param request - The call.
   * @param context - Context of the inbound request that it is made for.
   * @returns undefined where none is to be made.
   */
  client(request: CalledRequest, context: RequestContext | undefined): ClientSpan | undefined
  /**
   * The trace that the running code works in, the innermost span there is.
   *
   * @returns undefined outside every span.
   */
  current(): Trace | undefined
  /**
   * The same trace, so that spans made by what runs in it belong to it.
   *
   * @param trace - A trace that came from elsewhere.
   */
  entered(trace: Trace): Trace
  /** Sends the spans that have ended, where whoever gathers them can be asked to. */
  flush(): Promise<void>
}
