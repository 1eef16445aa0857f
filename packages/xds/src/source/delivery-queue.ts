import type { Logger } from '@inmesh/core'

/**
 * Calls watchers one after the other, never from inside a call that made the news: a watcher may watch, end a watch or close its provider
 * as it likes. What one response changes is delivered in one run, so that a microtask queued by a watcher comes after the last of it.
 */
export class DeliveryQueue {
  readonly #logger: Logger
  readonly #onSettled: () => void
  #deliveries: (() => void)[] = []
  #scheduled = false
  #closed = false

  /**
   * @param logger - Told when a watcher throws, which is a defect; the other watchers are still called.
   * @param onSettled - Called at the end of every run, once nothing is left to deliver.
   */
  constructor(logger: Logger, onSettled: () => void = () => {}) {
    this.#logger = logger
    this.#onSettled = onSettled
  }

  /** Adds a delivery to the run that comes next, or to the one under way. */
  push(delivery: () => void): void {
    this.#deliveries.push(delivery)
    this.schedule()
  }

  /** Makes sure that a run comes, even with nothing to deliver. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.#run())
  }

  /** Delivers nothing any more, not even what waits already. */
  close(): void {
    this.#closed = true
  }

  #run(): void {
    while (this.#deliveries.length > 0) {
      const deliveries = this.#deliveries
      this.#deliveries = []
      for (const deliver of deliveries) if (!this.#closed) this.#attempt(deliver)
    }
    this.#scheduled = false
    if (!this.#closed) this.#onSettled()
  }

  #attempt(deliver: () => void): void {
    try {
      deliver()
    } catch (error) {
      this.#logger.error(`xds: a watcher failed: ${error instanceof Error ? error.stack : error}`)
    }
  }
}
