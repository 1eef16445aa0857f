import type { Clock, Logger } from '@inmesh/core'

/**
 * Sends what was gathered and not sent yet.
 *
 * @param timeoutMs - Milliseconds until the mesh goes on without it.
 */
export type FlushHook = (timeoutMs: number) => unknown

/** What has to be sent before a mesh is gone: telemetry of its last requests and calls. */
export class FlushHooks {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #hooks = new Set<FlushHook>()

  /**
   * @param clock - Time.
   * @param logger - Told of hooks that fail or are late.
   */
  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Adds a hook. One that was added before counts once.
   *
   * @param hook - Called when all requests and calls have ended.
   * @returns what takes it away again.
   */
  add(hook: FlushHook): () => void {
    this.#hooks.add(hook)
    return () => {
      this.#hooks.delete(hook)
    }
  }

  /**
   * Runs all hooks beside each other. One that fails or is late does not keep the mesh from closing.
   *
   * @param timeoutMs - Milliseconds for all of them.
   */
  async run(timeoutMs: number): Promise<void> {
    if (this.#hooks.size === 0) return
    const all = Promise.all([...this.#hooks].map((hook) => this.#run(hook, timeoutMs)))
    await new Promise<void>((resolve) => {
      // Whoever closes a mesh waits for this: the process must not end meanwhile.
      const timer = this.#clock.setTimer(
        timeoutMs,
        () => {
          this.#logger.warn('telemetry was not flushed in time; the mesh is closed without the rest of it')
          resolve()
        },
        true,
      )
      void all.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  async #run(hook: FlushHook, timeoutMs: number): Promise<void> {
    try {
      await hook(timeoutMs)
    } catch (error) {
      this.#logger.warn(`telemetry could not be flushed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
