import { type AttemptFailure, type Call, type ClientSpan, type Clock, type LocalReply, NO_RETRY } from '@inmesh/core'
import type { AttemptOutcome, CallOutcome } from './call-outcome.js'

const NONE: readonly AttemptOutcome[] = Object.freeze([])

/**
 * What a call has come to so far. Notes times and results only; what they mean is put together when somebody asks. undici hands it on as the
 * `context` of a response.
 */
export class CallProgress {
  /** The core's part, once the target is known. */
  call: Call | undefined = undefined
  /** Told of attempts and of the end; undefined where nobody will see. */
  span: ClientSpan | undefined = undefined
  /** Where it can be asked for. */
  readonly records: CallRecords
  readonly #authority: string
  readonly #startedMs: number
  /** When the last attempt began; undefined where that was with the call. */
  #attemptMs: number | undefined = undefined
  /** Attempts that were repeated. */
  #repeated: AttemptOutcome[] | undefined = undefined
  #status: number | undefined = undefined
  #failure: AttemptFailure | undefined = undefined
  /** When the last attempt failed. */
  #failedMs: number | undefined = undefined
  #reply: LocalReply | undefined = undefined
  #error: Error | undefined = undefined
  #abandoned = false
  #headMs: number | undefined = undefined
  #endedMs: number | undefined = undefined
  #httpVersion: string | undefined = undefined
  /** Attempts that the span was told of. */
  #told = 0

  /**
   * @param records - Where it can be asked for.
   * @param authority - As in the URL.
   */
  constructor(records: CallRecords, authority: string) {
    this.records = records
    this.#authority = authority
    this.#startedMs = records.clock.now()
  }

  /**
   * An attempt begins.
   *
   * @param waited - Whether the call waited for anything before it.
   * @param httpVersion - Version of HTTP that carries it.
   */
  attemptStarted(waited: boolean, httpVersion: string): void {
    this.#httpVersion = httpVersion
    if (waited) this.#attemptMs = this.records.clock.now()
  }

  /** The response of an attempt goes to the caller. */
  answered(status: number): void {
    this.#status = status
    this.#headMs = this.records.clock.now()
    this.#tell(status, undefined)
  }

  /** The connection of an attempt became the caller's, which no span is to wait for. */
  upgraded(status: number): void {
    this.answered(status)
    const { span } = this
    this.span = undefined
    if (span !== undefined) this.#endSpan(span)
  }

  /** The attempt got a response, and is repeated. */
  repeated(status: number, backOffMs: number): void {
    this.#tell(status, undefined, backOffMs)
    this.#repeat(status, undefined)
  }

  /** The attempt failed, and was the last or is repeated. */
  failed(failure: AttemptFailure, backOffMs: number): void {
    if (backOffMs !== NO_RETRY) {
      this.#tell(undefined, failure, backOffMs)
      this.#repeat(undefined, failure)
      return
    }
    this.#tell(undefined, failure)
    this.#failure = failure
    this.#failedMs = this.records.clock.now()
  }

  /** The mesh answers itself. */
  replied(reply: LocalReply): void {
    this.#reply = reply
  }

  /** The mesh's own answer goes to the caller. */
  replying(status: number): void {
    this.#status = status
    this.#headMs = this.records.clock.now()
  }

  /** The caller gives the call up. */
  abandoned(): void {
    this.#abandoned = true
  }

  /** The caller gets an error. */
  threw(error: Error): void {
    this.#error = error
  }

  /** The call is over. */
  ended(): void {
    if (this.#endedMs !== undefined) return
    this.#endedMs = this.records.clock.now()
    if (this.span !== undefined) this.#endSpan(this.span)
  }

  /** All of it put together. */
  outcome(): CallOutcome {
    const { call } = this
    const started = this.#startedMs
    return {
      authority: this.#authority,
      route: call?.routeName ?? '',
      cluster: call?.clusterName ?? '',
      endpoint: call?.endpoint?.key,
      status: this.#status,
      code: this.#code,
      flags: this.#flags,
      attempts: this.#attempts,
      headMs: this.#headMs === undefined ? undefined : this.#headMs - started,
      totalMs: (this.#endedMs ?? this.records.clock.now()) - started,
      ended: this.#endedMs !== undefined,
    }
  }

  get #code(): string | undefined {
    const { code } = (this.#error ?? {}) as { code?: unknown }
    // A client may refuse an answer of the mesh with an error of its own, which says less.
    return this.#reply?.code ?? (typeof code === 'string' ? code : undefined)
  }

  get #flags(): string {
    const own = this.#ending
    return this.call?.flagsWith(own) ?? own
  }

  get #ending(): string {
    if (this.#abandoned) return 'DC'
    if (this.#reply !== undefined) return this.#reply.flag
    // What broke off after its head.
    switch ((this.#error as { code?: unknown } | undefined)?.code) {
      case 'ERR_INMESH_RESET':
        return 'UC'
      case 'ERR_INMESH_TIMEOUT':
        return 'UT'
      default:
        return '-'
    }
  }

  get #attempts(): readonly AttemptOutcome[] {
    const repeated = this.#repeated ?? NONE
    const { call } = this
    if (call === undefined || call.attempts === repeated.length) return repeated
    const answered = this.#reply === undefined && this.#failure === undefined
    const until = (answered ? this.#headMs : this.#failedMs) ?? this.#endedMs ?? this.records.clock.now()
    return [...repeated, this.#attempt(answered ? this.#status : undefined, this.#failure, until)]
  }

  #tell(status: number | undefined, failure: AttemptFailure | undefined, backOffMs?: number): void {
    const { span, call } = this
    // A call that goes past the mesh has none.
    if (span === undefined || call?.endpoint === undefined) return
    this.#told = call.attempts
    span.attempted({ number: call.attempts, endpoint: call.endpoint.key, status, failure, backOffMs })
  }

  #endSpan(span: ClientSpan): void {
    const { call } = this
    const attempts = call?.attempts ?? 0
    // It was given up together with the call.
    if (this.#told < attempts) this.#tell(undefined, undefined)
    span.end({
      route: call?.routeName ?? '',
      cluster: call?.clusterName ?? '',
      endpoint: call?.endpoint?.key,
      httpVersion: this.#httpVersion,
      attempts,
      status: this.#error === undefined ? this.#status : undefined,
      code: this.#code,
      error: this.#error,
      flags: this.#flags,
    })
  }

  #repeat(status: number | undefined, failure: AttemptFailure | undefined): void {
    this.#repeated ??= []
    this.#repeated.push(this.#attempt(status, failure, this.records.clock.now()))
  }

  #attempt(status: number | undefined, failure: AttemptFailure | undefined, until: number): AttemptOutcome {
    const durationMs = until - (this.#attemptMs ?? this.#startedMs)
    return { endpoint: this.call!.endpoint!.key, status, failure, durationMs }
  }
}

/** Hands back what it is given, so that a class derived from it adds its own fields to that. */
const Given = function given(object: object): object {
  return object
} as unknown as new (
  object: object,
) => object

/**
 * An answer that keeps the progress of its call, in a field that nobody else can see. A map with weak keys would cost every collection of garbage
 * more than all of this, and to define a property costs three times as much.
 */
class RecordedAnswer extends Given {
  #progress: CallProgress

  private constructor(answer: object, progress: CallProgress) {
    super(answer)
    this.#progress = progress
  }

  /** Lets an answer be asked about. One error may be that of several calls: the last counts. */
  static record(answer: object, progress: CallProgress): void {
    if (#progress in answer) answer.#progress = progress
    else new RecordedAnswer(answer, progress)
  }

  /** Undefined for what no call recorded. */
  static progress(answer: object): CallProgress | undefined {
    return #progress in answer ? answer.#progress : undefined
  }
}

/** Somebody who will ask what became of a call. */
export interface FollowedCall {
  /** Set when the call begins; stays undefined for one that goes past the mesh. */
  progress: CallProgress | undefined
}

/** Finds the progress of the calls of one dispatcher by what their callers got, for as long as they keep that. */
export class CallRecords {
  /** Of the calls. */
  readonly clock: Clock

  /**
   * @param clock - Of the calls.
   */
  constructor(clock: Clock) {
    this.clock = clock
  }

  /**
   * Lets an answer be asked about.
   *
   * @param answer - Response or error as the caller gets it.
   * @param progress - Of its call; undefined for one that went past the mesh.
   */
  record(answer: unknown, progress: CallProgress | undefined): void {
    if (progress !== undefined && typeof answer === 'object' && answer !== null) {
      RecordedAnswer.record(answer, progress)
    }
  }

  /**
   * The same for an error, which the call is told of too.
   *
   * @param error - What the caller of a call gets.
   * @param progress - Of the call.
   */
  failed(error: Error, progress: CallProgress): void {
    progress.threw(error)
    this.record(error, progress)
  }

  /**
   * What became of a call.
   *
   * @param answer - Response or error as the caller got it: of `fetch`, of undici's methods, or what undici wraps an error in.
   * @returns undefined for what is no answer to a call of the mesh.
   */
  find(answer: object): CallOutcome | undefined {
    const { context, cause } = answer as { readonly context?: unknown; readonly cause?: unknown }
    const progress = RecordedAnswer.progress(answer) ?? context
    if (progress instanceof CallProgress) return progress.records === this ? progress.outcome() : undefined
    return typeof cause === 'object' && cause !== null ? this.find(cause) : undefined
  }
}
