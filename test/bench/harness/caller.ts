import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CallOrder } from './caller-process.js'

/** Makes requests from a process of its own, so that the CPU time of this one is the server's alone. */
export class Caller {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('./caller-process.js', import.meta.url)))

  /**
   * Makes requests, and resolves when all were answered with 200.
   *
   * @param order - Which.
   */
  async call(order: CallOrder): Promise<void> {
    const answer = once(this.#process, 'message')
    this.#process.send(order)
    const [problem] = (await answer) as [string]
    if (problem !== '') throw new Error(problem)
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }
}
