import type { Duplex } from 'node:stream'
import {
  type AttemptFailure,
  Call,
  type Endpoint,
  type LocalReply,
  localReplies,
  MeshError,
  NO_RETRY,
  type Verdict,
} from '@inmesh/core'
import { type Dispatcher, errors } from 'undici'
import { Attempt, type AttemptDispatcher, SilentDispatcher } from './attempt.js'
import { breakOff, classifyFailure, describe, failureReply, isTransportError, overdue } from './attempt-failure.js'
import type { PassedLimit } from './attempt-limits.js'
import type { AttemptOwner } from './attempt-owner.js'
import { ATTEMPTING, COMPLETED, RESPONDING, WAITING } from './call-phase.js'
import type { CallTarget, ClientScope } from './client-scope.js'
import { EndingCall } from './ending-call.js'
import { readGrpcStatus } from './grpc-status.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import type { OutboundRequest } from './outbound-request.js'
import { RawResponse } from './raw-response.js'
import { isReplayable } from './request-body.js'
import { StreamedBody } from './streamed-body.js'
import { throttled } from './throttled-handler.js'

/**
 * One logical call: brings the core's decisions and undici's events together. The caller's handler hears `onConnect` once, then of one
 * response or one error. Whatever the call waits for between attempts, it has one timer at most.
 */
export class ClientCall extends EndingCall implements AttemptOwner {
  /** Absent for a host that the mesh never looks at. */
  readonly #target: CallTarget | undefined
  /** Limit from the inbound request and the call's options, on the clock's scale; `Infinity` for none. */
  readonly #deadline: number

  constructor(
    scope: ClientScope,
    target: CallTarget | undefined,
    request: OutboundRequest,
    handler: LegacyHandler,
    deadline: number,
  ) {
    super(scope, request, handler)
    this.#target = target
    this.#deadline = deadline
  }

  /** Takes the call on. */
  begin(): void {
    this.calls.began()
    const { body } = this.request
    if (!isReplayable(body)) {
      this.body = new StreamedBody(body, (error) => {
        if (this.phase === WAITING) this.fail(error)
      })
    }
    try {
      // undici says `onConnect` when it is about to write. A call that waits must be abortable too, so it is said now, and only once.
      this.handler.onConnect((reason) => this.abort(reason), this.progress)
    } catch (error) {
      this.fail(error as Error)
    }
    if (this.phase !== WAITING) return
    const deadline = this.#deadline
    if (deadline !== Number.POSITIVE_INFINITY && deadline <= this.scope.plane.clock.now()) this.#timedOut()
    else this.#resolve()
  }

  attemptConnected(): boolean {
    const overflow = this.call?.attemptConnected()
    if (overflow !== undefined) this.reply(overflow)
    else if (this.body !== undefined) this.body.touched = true
    return overflow === undefined
  }

  attemptSent(): void {
    const { call, body } = this
    if (body === undefined || !body.producing || call === undefined) return
    body.producing = false
    call.requestSent()
    this.limitsOf(call)?.resume(call, false)
  }

  attemptActive(): void {
    this.limits?.active()
  }

  attemptAnswered(status: number, headers: RawHeaders): boolean {
    const call = this.call
    if (call !== undefined) {
      const grpcStatus = call.readsGrpcStatus ? readGrpcStatus(headers) : -1
      const response = new RawResponse(status, headers)
      const delayMs = call.responded(status, grpcStatus, this.#repeatable, response)
      if (delayMs !== NO_RETRY) {
        this.attempt!.discard()
        this.progress.repeated(status, delayMs)
        this.#backOff(call, delayMs)
        return false
      }
      if (this.#streaming && call.sendingOver()) this.limitsOf(call)?.resume(call, true)
      if (call.changesResponse) call.changeResponse(response)
    }
    this.progress.answered(status)
    this.phase = RESPONDING
    return true
  }

  attemptUpgraded(status: number, headers: RawHeaders, socket: Duplex): boolean {
    const call = this.call
    if (call !== undefined) {
      const response = new RawResponse(status, headers)
      // undici gives the connection of a CONNECT whatever the answer is. One that refuses may be tried again like any other.
      const delayMs = call.responded(status, -1, status >= 300 && this.#repeatable, response)
      if (delayMs !== NO_RETRY) {
        this.attempt!.discard()
        socket.destroy()
        this.progress.repeated(status, delayMs)
        this.#backOff(call, delayMs)
        return false
      }
      if (call.changesResponse) call.changeResponse(response)
    }
    this.progress.upgraded(status)
    // undici's `upgrade` and `connect` hand nothing else on by which the call could be asked about.
    this.scope.records.record(socket, this.progress)
    this.limits?.stop()
    this.phase = COMPLETED
    // In flight until then.
    socket.once('close', () => this.release())
    return true
  }

  attemptCompleted(): void {
    this.complete()
  }

  attemptFailed(error: Error, thrown: boolean): void {
    const call = thrown ? undefined : this.call
    const { connected } = this.attempt!
    const undecided = call !== undefined && this.phase === ATTEMPTING && !this.calls.destroyed
    const failure = undecided ? classifyFailure(error, connected, this.request.body) : undefined
    if (failure !== undefined) {
      const written = connected && !(failure === 'reset' && this.request.idempotent)
      const reply = failureReply(failure, `${describe(call!)}: ${error.message}`)
      this.#retryOrReply(call!, failure, written, reply, error)
    } else if (call !== undefined && this.phase === RESPONDING && isTransportError(error)) {
      this.fail(breakOff(call, error))
    } else {
      this.fail(error)
    }
  }

  #resolve(): void {
    const target = this.#target
    switch (target?.state) {
      case 'configured': {
        const call = new Call(this.scope.plane, target.snapshot!, this.request, this.#deadline)
        this.call = call
        this.progress.call = call
        this.#follow(call, call.start(this.#streaming))
        break
      }
      case 'pending':
        this.#awaitTarget(target)
        break
      case 'failed':
        this.reply(localReplies.targetFailed(target.error!.code, target.error!.message), target.error)
        break
      case 'closed':
        this.fail(target.error!)
        break
      case 'unknown':
      case undefined:
        if (this.request.mayLeave) this.#passThrough()
        else this.reply(localReplies.outboundRefused(this.request.originAuthority))
        break
    }
  }

  #awaitTarget(target: CallTarget): void {
    this.wait.listen(target.whenSettled.bind(target), () => this.#resolve())
    const limitMs = this.scope.discoveryTimeoutMs
    this.#hold(limitMs, this.#deadline, () => {
      this.reply(localReplies.notReady(`no configuration for ${target.name} within ${limitMs} ms`))
    })
  }

  #follow(call: Call, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'continue':
        this.#pick(call)
        break
      case 'local-reply':
        this.reply(verdict)
        break
      case 'wait':
        this.#hold(verdict.delayMs, call.deadline, () => this.#follow(call, call.resume(verdict)))
        break
    }
  }

  #pick(call: Call): void {
    const picked = call.pick()
    if (picked.kind === 'endpoint') {
      this.#send(call, picked)
    } else if (picked.kind === 'local-reply') {
      this.reply(picked)
    } else {
      this.wait.listen(
        (callback) => call.whenPickable(callback),
        () => this.#pick(call),
      )
      this.#hold(Number.POSITIVE_INFINITY, call.deadline, () => {})
    }
  }

  #send(call: Call, endpoint: Endpoint): void {
    const { carrier, mirrors, plane } = this.scope
    const request = this.request
    const pool = carrier.pool(endpoint, call.priority, request, plane)
    if (pool === undefined) {
      this.fail(new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed'))
      return
    }
    const overflow = call.attemptStarted(endpoint, pool.ready)
    if (overflow !== undefined) {
      this.reply(overflow)
      return
    }
    this.progress.attemptStarted(this.waited, pool.httpVersion)
    const limitMs = this.limitsOf(call)?.begin(call, this.#streaming) ?? Number.POSITIVE_INFINITY
    // A limit that only the route has is the mesh's own affair.
    const announcedMs = this.#deadline === Number.POSITIVE_INFINITY ? this.#deadline : limitMs
    const options = request.attemptOptions(pool.authority, announcedMs, plane.random, call)
    this.#dispatch(pool, options, call.route!.mirrors && mirrors.begin(call, request, this.handler))
  }

  #passThrough(): void {
    const { passThrough, plane } = this.scope
    this.list()
    this.limitTo(this.#deadline)
    this.#dispatch(new SilentDispatcher(passThrough), this.request.passThroughOptions(plane.random))
  }

  #dispatch(dispatcher: AttemptDispatcher, options: Dispatcher.DispatchOptions, handler = this.handler): void {
    const attempt = new Attempt(this, throttled(this, this.call, this.scope.plane.clock, handler), this.request.span)
    this.attempt = attempt
    this.phase = ATTEMPTING
    try {
      dispatcher.dispatch(options, attempt)
    } catch (error) {
      attempt.onError(error as Error)
    }
  }

  limitPassed(limit: PassedLimit): void {
    const call = this.call
    if (call === undefined || limit === 'call') {
      this.#timedOut()
      return
    }
    const detail = `${describe(call)} ${overdue(limit, call)}`
    if (this.phase === RESPONDING) {
      if (limit === 'attempt-idle') call.responseBroken('per-try-timeout')
      this.fail(new MeshError('ERR_INMESH_TIMEOUT', detail))
    } else if (limit === 'idle') {
      call.attemptFailed('per-try-timeout', this.attempt!.connected, false)
      this.reply(localReplies.idle(!this.#streaming, detail))
    } else if (limit === 'attempt-stream') {
      const reply = localReplies.upstreamDuration(!this.#streaming, detail)
      this.#retryOrReply(call, 'reset', this.attempt!.connected, reply)
    } else {
      this.#retryOrReply(call, 'per-try-timeout', this.attempt!.connected, localReplies.timeout(detail))
    }
  }

  /** The limit of the whole call passed. */
  #timedOut(): void {
    const call = this.call
    const detail = call?.endpoint === undefined ? 'the time limit passed' : `${describe(call)}: the time limit passed`
    if (this.phase === RESPONDING) {
      this.fail(new MeshError('ERR_INMESH_TIMEOUT', detail))
    } else {
      const reply = call === undefined ? localReplies.timeout(detail) : call.overdue(!this.#streaming, detail)
      // Only the limit of the route is one that the upstream should have kept (Envoy, outlier detection).
      const missed = call !== undefined && this.phase === ATTEMPTING && reply.flag === 'UT'
      if (missed) call.attemptFailed('per-try-timeout', this.attempt!.connected, false)
      this.reply(reply)
    }
  }

  #retryOrReply(call: Call, failure: AttemptFailure, written: boolean, reply: LocalReply, cause?: Error): void {
    const delayMs = call.attemptFailed(failure, written, this.#repeatable)
    this.progress.failed(failure, delayMs)
    if (delayMs === NO_RETRY) {
      this.reply(reply, cause)
    } else {
      this.cutAttempt(new errors.RequestAbortedError())
      this.#backOff(call, delayMs)
    }
  }

  #backOff(call: Call, delayMs: number): void {
    this.limits?.stop()
    this.#hold(delayMs, call.deadline, () => this.#pick(call))
  }

  /** Waits for a time, and no longer than to the deadline. */
  #hold(delayMs: number, deadline: number, due: () => void): void {
    this.phase = WAITING
    this.list()
    this.wait.begin(delayMs, deadline, due, () => this.#timedOut())
  }

  get #repeatable(): boolean {
    return this.body === undefined || !this.body.touched
  }

  /** Whether the body is still being produced. */
  get #streaming(): boolean {
    return this.body?.producing === true
  }
}
