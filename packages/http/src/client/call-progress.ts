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
  readonly records: CallRecords
  readonly #clock: Clock
  readonly #authority: string
  readonly #startedMs: number
  #attemptMs = 0
  /** Attempts that were repeated. */
  #repeated: AttemptOutcome[] | undefined = undefined
  #status: number | undefined = undefined
  #failure: AttemptFailure | undefined = undefined
  /** When the last attempt had its head or failed; 0 before. */
  #decidedMs = 0
  #reply: LocalReply | undefined = undefined
  #error: Error | undefined = undefined
  #abandoned = false
  #headMs = 0
  #endedMs = 0
  #httpVersion: string | undefined = undefined
  /** Attempts that the span was told of. */
  #told = 0

  /**
   * @param records - Where it can be asked for.
   * @param clock - Time.
   * @param authority - As in the URL.
   */
  constructor(records: CallRecords, clock: Clock, authority: string) {
    this.records = records
    this.#clock = clock
    this.#authority = authority
    this.#startedMs = clock.now()
  }

  /**
   * An attempt begins.
   *
   * @param waited - Whether the call waited for anything before it.
   * @param httpVersion - Version of HTTP that carries it.
   */
  attemptStarted(waited: boolean, httpVersion: string): void {
    this.#httpVersion = httpVersion
    this.#attemptMs = waited ? this.#clock.now() : this.#startedMs
    this.#decidedMs = 0
  }

  /** The response of an attempt goes to the caller. */
  answered(status: number): void {
    this.#status = status
    this.#headMs = this.#clock.now()
    this.#decidedMs = this.#headMs
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
    this.#decidedMs = this.#clock.now()
  }

  /** The mesh answers itself. */
  replied(reply: LocalReply): void {
    this.#reply = reply
  }

  /** The mesh's own answer goes to the caller. */
  replying(status: number): void {
    this.#status = status
    this.#headMs = this.#clock.now()
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
    if (this.#endedMs !== 0) return
    this.#endedMs = this.#clock.now()
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
      headMs: this.#headMs === 0 ? undefined : this.#headMs - started,
      totalMs: (this.#endedMs === 0 ? this.#clock.now() : this.#endedMs) - started,
      ended: this.#endedMs !== 0,
    }
  }

  get #code(): string | undefined {
    const { code } = (this.#error ?? {}) as { code?: unknown }
    // A client may refuse an answer of the mesh with an error of its own, which says less.
    return this.#reply?.code ?? (typeof code === 'string' ? code : undefined)
  }

  get #flags(): string {
    const own = this.#ending
    const retries = this.call?.retryFlag
    if (retries === undefined || retries === own) return own
    return own === '-' ? retries : `${own},${retries}`
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
    return [...repeated, this.#attempt(answered ? this.#status : undefined, this.#failure)]
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
    this.#decidedMs = this.#clock.now()
    this.#repeated ??= []
    this.#repeated.push(this.#attempt(status, failure))
  }

  #attempt(status: number | undefined, failure: AttemptFailure | undefined): AttemptOutcome {
    const until = this.#decidedMs || this.#endedMs || this.#clock.now()
    return { endpoint: this.call!.endpoint!.key, status, failure, durationMs: until - this.#attemptMs }
  }
}

/** Where an answer keeps the progress of its call. A map with weak keys would cost every collection of garbage more than this. */
const PROGRESS = Symbol('inmesh.progress')

interface RecordedAnswer {
  readonly [PROGRESS]?: CallProgress
  readonly context?: unknown
  readonly cause?: unknown
}

/** Somebody who will ask what became of a call. */
export interface FollowedCall {
  /** Set when the call begins; stays undefined for one that goes past the mesh. */
  progress: CallProgress | undefined
}

/** Finds the progress of the calls of one dispatcher by what their callers got, for as long as they keep that. */
export class CallRecords {
  /**
   * @param answer - Response or error as the caller gets it.
   * @param progress - Of its call; undefined for one that went past the mesh.
   */
  record(answer: unknown, progress: CallProgress | undefined): void {
    if (progress === undefined || typeof answer !== 'object' || answer === null || !Object.isExtensible(answer)) return
    Object.defineProperty(answer, PROGRESS, { value: progress, configurable: true })
  }

  /**
   * @param error - What the caller of a call gets.
   * @param progress - Of the call.
   */
  failed(error: Error, progress: CallProgress): void {
    progress.threw(error)
    this.record(error, progress)
  }

  /**
   * @param answer - Response or error as the caller got it: of `fetch`, of undici's methods, or what undici wraps an error in.
   * @returns undefined for what is no answer to a call of the mesh.
   */
  find(answer: object): CallOutcome | undefined {
    const { [PROGRESS]: own, context, cause } = answer as RecordedAnswer
    const progress = own ?? context
    if (progress instanceof CallProgress) return progress.records === this ? progress.outcome() : undefined
    return typeof cause === 'object' && cause !== null ? this.find(cause) : undefined
  }
}
