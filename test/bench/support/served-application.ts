import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** One application in a process of its own, on a server of its own and on one of the mesh. */
export class ServedApplication {
  /** Port of the bare server on 127.0.0.1. */
  readonly barePort: number
  /** Port of the mesh's server on 127.0.0.1, which has an inbound listener. */
  readonly meshPort: number
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, barePort: number, meshPort: number) {
    this.#process = child
    this.barePort = barePort
    this.meshPort = meshPort
  }

  /** Starts it. */
  static async start(): Promise<ServedApplication> {
    const child = fork(fileURLToPath(new URL('./served-application-process.js', import.meta.url)))
    const [[barePort, meshPort]] = (await once(child, 'message')) as [[number, number]]
    return new ServedApplication(child, barePort, meshPort)
  }

  /** CPU time of the process so far, in microseconds. */
  async cpu(): Promise<number> {
    const answer = once(this.#process, 'message')
    this.#process.send('cpu')
    const [cpu] = (await answer) as [number]
    return cpu
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }
}
