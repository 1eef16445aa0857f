import { type Call, type ClientSpan, type LocalReply, MeshError } from '@inmesh/core'
import { errors } from 'undici'
import { ActiveCall } from './active-calls.js'
import type { Attempt } from './attempt.js'
import { AttemptLimits, type LimitedCall, type PassedLimit } from './attempt-limits.js'
import { COMPLETED, FAILED, REPLYING, WAITING } from './call-phase.js'
import { CallProgress } from './call-progress.js'
import { CallWait } from './call-wait.js'
import type { ClientScope } from './client-scope.js'
import { isGrpcRequest } from './grpc-status.js'
import type { LegacyHandler } from './legacy-handler.js'
import { LocalResponse } from './local-response.js'
import type { OutboundRequest } from './outbound-request.js'
import type { StreamedBody } from './streamed-body.js'

/**
 * How a call ends: with the response of an attempt, an answer of the mesh's own or an error. Its caller hears of one of them, once, after all
 * that was counted for the call was given back.
 */
export abstract class EndingCall extends ActiveCall implements LimitedCall {
  /** What it shares with the other calls of its dispatcher. */
  protected readonly scope: ClientScope
  /** As its caller gave it. */
  protected readonly request: OutboundRequest
  /** The caller's. */
  protected readonly handler: LegacyHandler
  /** One of the phases of `call-phase.ts`. */
  protected phase = WAITING
  /** Absent until the target is known, and for a host outside the mesh. */
  protected call: Call | undefined = undefined
  /** The one under way, or the last. */
  protected attempt: Attempt | undefined = undefined
  /** Absent where the body can be sent any number of times. */
  protected body: StreamedBody | undefined = undefined
  /** Of the attempt under way; absent as long as there was none. */
  protected limits: AttemptLimits | undefined = undefined
  #waiting: CallWait | undefined = undefined
  #localResponse: LocalResponse | undefined = undefined
  /** For whoever asks what became of the call. */
  readonly progress: CallProgress

  /**
   * @param scope - What it shares with others.
   * @param request - As its caller gave it.
   * @param handler - The caller's.
   */
  constructor(scope: ClientScope, request: OutboundRequest, handler: LegacyHandler) {
    super(scope.calls)
    this.scope = scope
    this.request = request
    this.handler = handler
    this.progress = new CallProgress(scope.records, request.originAuthority)
  }

  /**
   * The call has a span.
   *
   * @param span - Told what becomes of the call, where anybody will see it.
   */
  trace(span: ClientSpan | undefined): void {
    this.request.span = span
    if (span?.recording) this.progress.span = span
  }

  abstract limitPassed(limit: PassedLimit): void

  /** Ends the call on the caller's wish, which hears the reason again as its error. */
  override abort(reason?: Error): void {
    if (this.phase >= COMPLETED) return
    if (!this.calls.destroyed) this.progress.abandoned()
    this.fail(reason ?? new errors.RequestAbortedError())
  }

  /** Where the limits of its attempts are counted; undefined where it has none, as most calls have, which then ask no clock. */
  protected limitsOf(call: Call): AttemptLimits | undefined {
    if (this.limits === undefined && AttemptLimits.neededFor(call))
      this.limits = new AttemptLimits(this.scope.plane, this)
    return this.limits
  }

  /** The same for a call outside the mesh, which has none but the caller's; `Infinity` for none. */
  protected limitTo(deadline: number): void {
    if (deadline === Number.POSITIVE_INFINITY) return
    this.limits = new AttemptLimits(this.scope.plane, this)
    this.limits.beginUntil(deadline)
  }

  /** What it waits for between attempts. */
  protected get wait(): CallWait {
    this.#waiting ??= new CallWait(this.scope.plane.clock)
    return this.#waiting
  }

  /** Whether it ever waited for anything. */
  protected get waited(): boolean {
    return this.#waiting !== undefined
  }

  /** Its last event goes to the caller. */
  protected complete(): void {
    this.phase = COMPLETED
    this.release()
  }

  /**
   * The mesh answers itself; never while the caller's own call to `dispatch` runs, and not before the event loop has turned: a caller that
   * tries again at once would else keep its process from ever reading the configuration that helps.
   */
  protected reply(reply: LocalReply, cause?: unknown): void {
    this.#stop()
    this.progress.replied(reply)
    this.phase = REPLYING
    this.cutAttempt(new errors.RequestAbortedError())
    this.wait.after(0, () => this.#answer(reply, cause))
  }

  /** The caller gets an error. */
  protected fail(error: Error): void {
    // After the last event only what the caller's own `onComplete` or `onUpgrade` threw may still be reported.
    if (this.phase === FAILED) return
    this.scope.records.failed(error, this.progress)
    this.release()
    this.phase = FAILED
    this.#localResponse?.cancel()
    this.cutAttempt(error)
    this.handler.onError(error)
  }

  /** Goes on without the attempt under way. */
  protected cutAttempt(reason: Error): void {
    const attempt = this.attempt
    this.attempt = undefined
    attempt?.cut(reason)
  }

  /** Nothing that the call did is under way any more. */
  protected release(): void {
    this.#stop()
    this.body?.release()
    this.progress.ended()
    this.uncount()
  }

  #answer(reply: LocalReply, cause: unknown): void {
    if (this.phase !== REPLYING) return
    if (this.scope.throwsReplies && reply.code !== undefined) {
      this.fail(new MeshError(reply.code, reply.detail, { cause }))
      return
    }
    this.body?.leave()
    const shape = { grpc: isGrpcRequest(this.request), method: this.request.method }
    this.#localResponse = new LocalResponse(reply, shape, this.call, this.handler, {
      ended: () => this.complete(),
      failed: (error) => this.fail(error),
    })
    this.progress.replying(this.#localResponse.status)
    this.#localResponse.send()
  }

  /** Gives back all that is counted for the call, and waits for nothing more. */
  #stop(): void {
    this.unlist()
    this.#waiting?.stop()
    this.limits?.stop()
    this.call?.end()
  }
}
