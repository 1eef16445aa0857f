import {
  Call,
  type Carrier,
  type Clock,
  type DataPlane,
  type Endpoint,
  NO_RETRY,
  type RequestView,
  type Target,
  type Timer,
  type Verdict,
  type View,
} from '@inmesh/core'
import type { UpstreamOutcome, Upstreams } from './upstream.js'

/** What became of one request. */
export interface Ending {
  /** `response` of an upstream, whole or `broken`, `local-reply` or `failure` of the last attempt. */
  readonly kind: 'response' | 'broken' | 'local-reply' | 'failure' | 'timeout'
  /** HTTP status. */
  readonly status: number
  /** Attempts made. */
  readonly attempts: number
}

/** A carrier that moves no bytes: it drives calls through the contract as a real one does, against simulated upstreams. */
export class SimulatedCarrier implements Carrier {
  readonly view: View
  readonly connects: 'on-demand' | 'ahead'
  /** Requests that are under way. */
  running = 0
  readonly #clock: Clock
  readonly #upstreams: Upstreams
  /** Endpoints that the mesh asked a connection to. */
  readonly #wanted = new Set<Endpoint>()
  /** Called with every endpoint that an attempt goes to. */
  readonly #onAttempt: (endpoint: Endpoint, view: View) => void

  constructor(view: View, clock: Clock, upstreams: Upstreams, onAttempt: (endpoint: Endpoint, view: View) => void) {
    this.view = view
    this.connects = view === 'http' ? 'on-demand' : 'ahead'
    this.#clock = clock
    this.#upstreams = upstreams
    this.#onAttempt = onAttempt
  }

  /** Set by the world once the plane exists: where connectivity is reported. */
  report: (endpoint: Endpoint, connectivity: 'connecting' | 'ready' | 'failed') => void = () => {}

  connect(endpoint: Endpoint): void {
    this.#wanted.add(endpoint)
    this.#tryLater(endpoint, 1)
  }

  release(endpoint: Endpoint): void {
    this.#wanted.delete(endpoint)
  }

  removed(): void {}

  #tryLater(endpoint: Endpoint, delayMs: number): void {
    this.#clock.setTimer(delayMs, () => {
      if (endpoint.removed || !this.#wanted.has(endpoint)) return
      if (this.#upstreams.accepts(endpoint.key)) {
        this.report(endpoint, 'ready')
        return
      }
      this.report(endpoint, 'failed')
      this.#tryLater(endpoint, 200)
    })
  }

  /** Sends a request through the mesh. */
  send(plane: DataPlane, target: Target, request: RequestView, ended: (ending: Ending) => void): void {
    this.running++
    const flight = new Flight(plane, target, request, this.#upstreams, this.#onAttempt, (ending) => {
      this.running--
      ended(ending)
    })
    flight.begin()
  }
}

/** One request under way. */
class Flight {
  readonly #call: Call
  readonly #clock: Clock
  readonly #upstreams: Upstreams
  readonly #onAttempt: (endpoint: Endpoint, view: View) => void
  readonly #ended: (ending: Ending) => void
  #deadline: Timer | undefined
  #over = false

  constructor(
    plane: DataPlane,
    target: Target,
    request: RequestView,
    upstreams: Upstreams,
    onAttempt: (endpoint: Endpoint, view: View) => void,
    ended: (ending: Ending) => void,
  ) {
    this.#call = new Call(plane, target.snapshot!, request)
    this.#clock = plane.clock
    this.#upstreams = upstreams
    this.#onAttempt = onAttempt
    this.#ended = ended
  }

  begin(): void {
    const verdict = this.#call.start()
    if (this.#call.deadline !== Number.POSITIVE_INFINITY) {
      this.#deadline = this.#clock.setTimer(this.#call.deadline - this.#clock.now(), () => this.#end('timeout', 504))
    }
    this.#follow(verdict)
  }

  #follow(verdict: Verdict): void {
    switch (verdict.kind) {
      case 'continue':
        this.#attempt()
        break
      case 'local-reply':
        this.#end('local-reply', verdict.httpStatus)
        break
      case 'wait':
        this.#clock.setTimer(verdict.delayMs, () => {
          if (!this.#over) this.#follow(this.#call.resume(verdict))
        })
    }
  }

  #attempt(): void {
    if (this.#over) return
    const picked = this.#call.pick()
    if (picked.kind === 'queued') {
      this.#call.whenPickable(() => this.#attempt())
      return
    }
    if (picked.kind === 'local-reply') {
      this.#end('local-reply', picked.httpStatus)
      return
    }
    const { view } = this.#call.request
    this.#onAttempt(picked, view)
    const overflow = this.#call.attemptStarted(picked, view === 'grpc')
    if (overflow !== undefined) this.#end('local-reply', overflow.httpStatus)
    else if (view === 'grpc') this.#send(picked)
    else this.#clock.setTimer(1, () => this.#connected(picked))
  }

  #connected(endpoint: Endpoint): void {
    if (this.#over) return
    const overflow = this.#call.attemptConnected()
    if (overflow === undefined) this.#send(endpoint)
    else this.#end('local-reply', overflow.httpStatus)
  }

  #send(endpoint: Endpoint): void {
    this.#upstreams.send(endpoint.key, (outcome) => {
      if (!this.#over) this.#answered(outcome)
    })
  }

  #answered(outcome: UpstreamOutcome): void {
    const delayMs =
      outcome.kind === 'response'
        ? this.#call.responded(outcome.status, this.#grpcStatus(outcome.status), true)
        : this.#call.attemptFailed(outcome.failure, outcome.written, true)
    if (delayMs !== NO_RETRY) {
      this.#clock.setTimer(delayMs, () => this.#attempt())
      return
    }
    if (outcome.kind === 'failure') this.#end('failure', 503)
    else if (this.#call.request.view === 'grpc') this.#end('response', outcome.status)
    else this.#clock.setTimer(outcome.bodyMs, () => this.#bodyEnded(outcome))
  }

  #bodyEnded({ status, breaks }: Extract<UpstreamOutcome, { kind: 'response' }>): void {
    if (this.#over) return
    if (breaks) this.#call.responseBroken('reset')
    this.#end(breaks ? 'broken' : 'response', status)
  }

  #grpcStatus(status: number): number {
    if (this.#call.request.view === 'http') return -1
    return status === 200 ? 0 : 14
  }

  #end(kind: Ending['kind'], status: number): void {
    if (this.#over) throw new Error('a request ended twice')
    this.#over = true
    this.#deadline?.cancel()
    this.#call.end()
    this.#ended({ kind, status, attempts: this.#call.attempts })
  }
}
