import type { EventEmitter } from 'node:events'
import { localReplies, MeshError } from '@inmesh/core'
import type { MeshRequestInit } from '@inmesh/http'
import { type RequestInfo, Response } from 'undici'
import type { BreakerOutcome } from './breaker-outcome.js'
import type { BreakerState } from './breaker-state.js'
import { isUpstreamFailure, wasGivenUp } from './call-judgement.js'
import { OpossumCircuit, Uncounted } from './opossum-circuit.js'
import { ServiceBreaker, type ServiceBreakerEvents } from './service-breaker.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { BreakerSettings } from './service-settings.js'

/** Carries out the calls of a service or route as its circuit breaker allows. */
export class GuardedCalls {
  /** What the application sees of it. */
  readonly breaker: ServiceBreaker
  readonly #name: string
  readonly #settings: BreakerSettings
  readonly #environment: ServiceEnvironment
  readonly #circuit: OpossumCircuit<Response> | undefined
  /** Since it was made. */
  readonly statistics = { calls: 0, successes: 0, failures: 0, uncounted: 0, rejected: 0, fallbacks: 0, opened: 0 }
  /** Of nearly every call. */
  readonly #success: BreakerOutcome
  #closed = false

  /**
   * @param name - Name of the breaker.
   * @param settings - Options, checked.
   * @param environment - The mesh.
   */
  constructor(name: string, settings: BreakerSettings, environment: ServiceEnvironment) {
    this.breaker = new ServiceBreaker(name, this)
    this.#name = name
    this.#settings = settings
    this.#environment = environment
    this.#success = Object.freeze(outcome(name, 'closed', 'success'))
    if (environment.breaks) {
      this.#circuit = new OpossumCircuit(settings, environment.clock, (state) => this.#changed(state))
      environment.guards.add(this)
    }
  }

  /** See {@link ServiceBreaker.state}. */
  get state(): BreakerState {
    return this.#circuit?.state ?? 'closed'
  }

  /**
   * Carries out a call, or answers it.
   *
   * @param target - What to fetch.
   * @param init - Options to fetch it with.
   * @param input - What the caller gave, and below its options.
   * @param given - As above.
   */
  async send(
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
      this.statistics.rejected++
      this.#tell('reject')
      return this.#answerFor(this.#refusal(), outcome(this.#name, state, 'rejected'), input, given)
    }
    this.statistics.calls++
    try {
      const response = await answer
      const { outcomes } = this.#environment
      outcomes.record(response, state === 'closed' ? this.#success : outcome(this.#name, state, 'success'))
      return response
    } catch (error) {
      if (error instanceof Failed) {
        return this.#answerFor(error.result, outcome(this.#name, state, 'failure'), input, given)
      }
      const own = (error as Uncounted).error
      this.#environment.outcomes.record(own, outcome(this.#name, state, 'uncounted'))
      throw own
    }
  }

  /** Ends the breaker with its mesh, and leaves the calls to that. */
  close(): void {
    this.#closed = true
    this.#circuit?.shutdown()
  }

  /** Counts before opossum does, so that listeners find the call that they hear of. Rejects with {@link Failed} or `Uncounted` and nothing else. */
  async #attempt(target: RequestInfo, init: MeshRequestInit | undefined): Promise<Response> {
    let result: Response | Error
    try {
      result = await this.#environment.fetch(target, init)
    } catch (error) {
      const signal = init?.signal ?? (target instanceof Object && 'signal' in target ? target.signal : undefined)
      if (!(error instanceof Error) || wasGivenUp(error, signal)) throw this.#uncounted(error)
      result = error
    }
    if (this.#isFailure(result)) {
      this.statistics.failures++
      throw new Failed(result)
    }
    if (result instanceof Error) throw this.#uncounted(result)
    this.statistics.successes++
    return result
  }

  #isFailure(result: Response | Error): boolean {
    const { isFailure } = this.#settings
    if (isFailure === undefined) return isUpstreamFailure(result)
    try {
      return isFailure(result)
    } catch (error) {
      discard(result)
      throw this.#uncounted(error)
    }
  }

  #uncounted(error: unknown): Uncounted {
    this.statistics.uncounted++
    return new Uncounted(error)
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
    this.statistics.fallbacks++
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
    const reply = localReplies.circuitOpen(`the circuit breaker of ${this.#name} is ${this.state}`)
    if (this.#environment.throwsReplies) {
      return new TypeError('fetch failed', { cause: new MeshError(reply.code!, reply.detail) })
    }
    return new Response(reply.body, {
      status: reply.httpStatus,
      headers: { 'content-type': 'text/plain', 'x-envoy-overloaded': 'true' },
    })
  }

  #changed(state: BreakerState): void {
    if (state === 'open') this.statistics.opened++
    this.#tell(state === 'closed' ? 'close' : state)
  }

  #tell<Name extends keyof ServiceBreakerEvents>(name: Name, ...args: ServiceBreakerEvents[Name]): void {
    try {
      ;(this.breaker as EventEmitter).emit(name, ...args)
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
