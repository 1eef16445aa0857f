import { type Clock, MeshError } from '@inmesh/core'
import type { Configuration } from './configuration.js'

/** Those who wait until calls can be decided. */
export class ReadinessWaits {
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #waiting = new Set<(error: MeshError) => void>()

  /**
   * @param configuration - What is waited for.
   * @param clock - Time.
   */
  constructor(configuration: Configuration, clock: Clock) {
    this.#configuration = configuration
    this.#clock = clock
  }

  /**
   * Waits until calls can be decided.
   *
   * @param timeoutMs - Milliseconds.
   * @throws MeshError ERR_INMESH_NOT_READY saying what is missing; what {@link ReadinessWaits.fail} is given.
   */
  async wait(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: MeshError): void => {
        end()
        reject(error)
      }
      // Whoever waits for this waits on purpose: the process must not end meanwhile.
      const timer = this.#clock.setTimer(timeoutMs, () => fail(notReady(this.#configuration, timeoutMs)), true)
      const end = (): void => {
        timer.cancel()
        this.#waiting.delete(fail)
      }
      this.#waiting.add(fail)
      void this.#configuration.whenReady().then(() => {
        end()
        resolve()
      })
    })
  }

  /**
   * Ends all waits.
   *
   * @param error - What they are told.
   */
  fail(error: MeshError): void {
    for (const fail of [...this.#waiting]) fail(error)
  }
}

function notReady(configuration: Configuration, timeoutMs: number): MeshError {
  const { what, cause } = configuration.missing()
  const reason = cause === undefined ? '' : `: ${cause.message}`
  return new MeshError('ERR_INMESH_NOT_READY', `not ready after ${timeoutMs} ms: ${what}${reason}`, { cause })
}
