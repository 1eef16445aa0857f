import { EventEmitter } from 'node:events'
import type { Response } from 'undici'
import type { BreakerState } from './breaker-state.js'

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

/** What a breaker tells of. */
interface Guard {
  readonly state: BreakerState
  readonly statistics: BreakerStatistics
}

/**
 * The application's circuit breaker of a service or route, to look at and to listen to. An error that a listener throws is an uncaught one and
 * changes nothing for the call.
 */
export class ServiceBreaker extends EventEmitter<ServiceBreakerEvents> {
  /** Name of the service; of a route's breaker that of the service, a space and that of the route. */
  readonly name: string
  readonly #guard: Guard

  /**
   * @param name - See {@link ServiceBreaker.name}.
   * @param guard - What it tells of.
   * @internal
   */
  constructor(name: string, guard: Guard) {
    super()
    this.name = name
    this.#guard = guard
  }

  /** Whether calls are let through. Always `closed` in a mesh that is switched off. */
  get state(): BreakerState {
    return this.#guard.state
  }

  /** Calls since the breaker was made; the object is always the same and its numbers move. */
  get statistics(): BreakerStatistics {
    return this.#guard.statistics
  }
}
