import { EventEmitter } from 'node:events'
import { localReplies, MeshError } from '@inmesh/core'
import type { MeshRequestInit } from '@inmesh/http'
import { type RequestInfo, Response } from 'undici'
import type { BreakerOutcome } from './breaker-outcome.js'
import type { BreakerState } from './breaker-state.js'
import { isUpstreamFailure, wasGivenUp } from './call-judgement.js'
import { OpossumCircuit, Uncounted } from './opossum-circuit.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { BreakerSettings } from './service-settings.js'

/** Calls of a breaker since it was made. */
export interface BreakerStatistics {
  /** Calls let through. */
  readonly calls: number
  /** Those of them that succeeded. */
  readonly successes: number
  /** Those of them that failed. */
  readonly failures: number
  /** Those of them that said nothing about the upstream, such as calls that the caller gave up. */
  readonly uncounted: number
  /** Calls not let through. */
  readonly rejected: number
  /** Calls, of either kind, that the fallback was asked for. */
  readonly fallbacks: number
  /** How often it opened, also from half-open. */
  readonly opened: number
}

/** Events of a breaker, each with the arguments of its listeners. */
export interface ServiceBreakerEvents {
  /** It lets no call through any more. */
  open: []
  /** It lets one call through. */
  'half-open': []
  /** It lets all calls through again. */
  close: []
  /** A call was not let through. */
  reject: []
  /** The fallback is asked in place of what the caller would have got. */
  fallback: [failure: Response | Error]
}

/**
 * The application's circuit breaker of a service or route. An error that a listener throws is an uncaught one and changes nothing for the call.
 */
export class ServiceBreaker extends EventEmitter<ServiceBreakerEvents> {
  /** Name of the service; of a route's breaker that of the service, a space and that of the route. */
  readonly name: string
  readonly #settings: BreakerSettings
  readonly #environment: ServiceEnvironment
  readonly #circuit: OpossumCircuit<Response> | undefined
  readonly #statistics = { calls: 0, successes: 0, failures: 0, uncounted: 0, rejected: 0, fallbacks: 0, opened: 0 }
  /** Of nearly every call. */
  readonly #success: BreakerOutcome
  #closed = false

  /**
   * @param name - See {@link ServiceBreaker.name}.
   * @param settings - Options, checked.
   * @param environment - The mesh.
   * @internal
   */
  constructor(name: string, settings: BreakerSettings, environment: ServiceEnvironment) {
    super()
    this.name = name
    this.#settings = settings
    this.#environment = environment
    this.#success = Object.freeze(outcome(name, 'closed', 'success'))
    if (environment.breaks) {
      this.#circuit = new OpossumCircuit(settings, environment.clock, (state) => this.#changed(state))
    }
  }

  /** Whether calls are let through. Always `closed` in a mesh that is switched off. */
  get state(): BreakerState {
    return this.#circuit?.state ?? 'closed'
  }

  /** Calls since the breaker was made; the object is always the same and its numbers move. */
  get statistics(): BreakerStatistics {
    return this.#statistics
  }

  /**
   * Carries out a call, or answers it.
   *
   * @param target - What to fetch.
   * @param init - Options to fetch it with.
   * @param input - What the caller gave, and below its options.
   * @param given - As above.
   * @internal
   */
  async call(
    target: RequestInfo,
    init: MeshRequestInit | undefined,
    input: RequestInfo,
    given: MeshRequestInit | undefined,
  ): Promise<Response> {
    const circuit = this.#circuit
    if (circuit === undefined || this.#closed) return this.#environment.fetch(target, init)
    const { state } = circuit
    const answer = circuit.fire(() => this.#attempt(target, init))
    if (answer === undefined) {
      this.#statistics.rejected++
      this.#tell('reject')
      return this.#answerFor(this.#refusal(), outcome(this.name, state, 'rejected'), input, given)
    }
    this.#statistics.calls++
    try {
      const response = await answer
      this.#statistics.successes++
      const { outcomes } = this.#environment
      outcomes.record(response, state === 'closed' ? this.#success : outcome(this.name, state, 'success'))
      return response
    } catch (error) {
      if (error instanceof Failed) {
        this.#statistics.failures++
        return this.#answerFor(error.result, outcome(this.name, state, 'failure'), input, given)
      }
      this.#statistics.uncounted++
      const own = (error as Uncounted).error
      this.#environment.outcomes.record(own, outcome(this.name, state, 'uncounted'))
      throw own
    }
  }

  /**
   * Ends it with its mesh.
   *
   * @internal
   */
  close(): void {
    this.#closed = true
    this.#circuit?.shutdown()
  }

  /** Rejects with {@link Failed} or `Uncounted` and nothing else. */
  async #attempt(target: RequestInfo, init: MeshRequestInit | undefined): Promise<Response> {
    let result: Response | Error
    try {
      result = await this.#environment.fetch(target, init)
    } catch (error) {
      const signal = init?.signal ?? (target instanceof Object && 'signal' in target ? target.signal : undefined)
      if (!(error instanceof Error) || wasGivenUp(error, signal)) throw new Uncounted(error)
      result = error
    }
    if (this.#isFailure(result)) throw new Failed(result)
    if (result instanceof Error) throw new Uncounted(result)
    return result
  }

  #isFailure(result: Response | Error): boolean {
    const { isFailure } = this.#settings
    if (isFailure === undefined) return isUpstreamFailure(result)
    try {
      return isFailure(result)
    } catch (error) {
      discard(result)
      throw new Uncounted(error)
    }
  }

  async #answerFor(
    failure: Response | Error,
    outcome: BreakerOutcome,
    input: RequestInfo,
    given: MeshRequestInit | undefined,
  ): Promise<Response> {
    const { outcomes } = this.#environment
    const { fallback } = this.#settings
    if (fallback === undefined) {
      outcomes.record(failure, outcome)
      if (failure instanceof Error) throw failure
      return failure
    }
    this.#statistics.fallbacks++
    this.#tell('fallback', failure)
    let answer: Response | undefined
    try {
      // Of whichever fetch, it has what callers of fetch use.
      answer = (await fallback(failure, input, given)) as Response
      outcomes.record(answer, { ...outcome, fallback: true })
      return answer
    } catch (error) {
      outcomes.record(error, { ...outcome, fallback: true })
      throw error
    } finally {
      discard(failure, answer)
    }
  }

  /** As the mesh answers where a threshold of the cluster is reached, except for the words, so that the two can be told apart. */
  #refusal(): Response | Error {
    const reply = localReplies.circuitOpen(`the circuit breaker of ${this.name} is ${this.state}`)
    if (this.#environment.throwsReplies) {
      return new TypeError('fetch failed', { cause: new MeshError(reply.code!, reply.detail) })
    }
    return new Response(reply.body, {
      status: reply.httpStatus,
      headers: { 'content-type': 'text/plain', 'x-envoy-overloaded': 'true' },
    })
  }

  #changed(state: BreakerState): void {
    if (state === 'open') this.#statistics.opened++
    this.#tell(state === 'closed' ? 'close' : state)
  }

  #tell<Name extends keyof ServiceBreakerEvents>(name: Name, ...args: ServiceBreakerEvents[Name]): void {
    try {
      ;(this as EventEmitter).emit(name, ...args)
    } catch (error) {
      // Within the call it would be taken for a failure of the upstream.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** Wraps what a failed call gave, which opossum takes for a failure if it is rejected. */
class Failed {
  readonly result: Response | Error

  constructor(result: Response | Error) {
    this.result = result
  }
}

function outcome(breaker: string, state: BreakerState, result: BreakerOutcome['result']): BreakerOutcome {
  return { breaker, state, result, fallback: false }
}

/** Lets go of the connection of a response that nobody reads. */
function discard(failure: Response | Error, answer?: Response): void {
  if (failure instanceof Error || failure === answer || failure.body === null || failure.body.locked) return
  if (failure.body !== answer?.body) failure.body.cancel().catch(() => {})
}
