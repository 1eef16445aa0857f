import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { View } from '../model/view.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import type { AttemptObserver } from './attempt-observer.js'
import type { Endpoint } from './endpoint.js'

/** Everybody who hears of the attempts on a cluster's endpoints. */
export class AttemptObservers implements Required<AttemptObserver> {
  readonly #observers: AttemptObserver[] = []
  /** Kept, as it is asked for with every answer. */
  #wantsLoadReports = false

  /** Whether there is anybody. */
  get present(): boolean {
    return this.#observers.length > 0
  }

  /** Whether anybody wants to know what endpoints report of their load. */
  get wantsLoadReports(): boolean {
    return this.#wantsLoadReports
  }

  /**
   * Starts to tell of every attempt.
   *
   * @param observer - Who wants to know.
   * @returns a function that ends it.
   */
  add(observer: AttemptObserver): () => void {
    this.#observers.push(observer)
    this.#wantsLoadReports ||= observer.reported !== undefined
    return () => {
      const index = this.#observers.indexOf(observer)
      if (index >= 0) this.#observers.splice(index, 1)
      this.#wantsLoadReports = this.#observers.some((one) => one.reported !== undefined)
    }
  }

  started(endpoint: Endpoint): void {
    for (let index = 0; index < this.#observers.length; index++) this.#observers[index]!.started(endpoint)
  }

  responded(endpoint: Endpoint, status: number, grpcStatus: number, elapsedMs: number, view: View): void {
    for (let index = 0; index < this.#observers.length; index++) {
      this.#observers[index]!.responded(endpoint, status, grpcStatus, elapsedMs, view)
    }
  }

  failed(endpoint: Endpoint, failure: AttemptFailure, elapsedMs: number, view: View): void {
    for (let index = 0; index < this.#observers.length; index++) {
      this.#observers[index]!.failed(endpoint, failure, elapsedMs, view)
    }
  }

  broken(endpoint: Endpoint, failure: AttemptFailure, view: View): void {
    for (const observer of this.#observers) observer.broken?.(endpoint, failure, view)
  }

  reported(endpoint: Endpoint, report: EndpointLoadReport): void {
    for (const observer of this.#observers) observer.reported?.(endpoint, report)
  }

  ended(endpoint: Endpoint): void {
    for (let index = 0; index < this.#observers.length; index++) this.#observers[index]!.ended(endpoint)
  }
}
