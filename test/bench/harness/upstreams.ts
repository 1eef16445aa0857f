import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** HTTP servers in a process of their own, so that the CPU time of this one is the client's alone. */
export class Upstreams {
  /** Their ports on 127.0.0.1. */
  readonly ports: readonly number[]
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, ports: readonly number[]) {
    this.#process = child
    this.ports = ports
  }

  /**
   * @param count - How many servers, all in one process.
   * @param protocol - What they speak. Default `http1`.
   */
  static async start(count: number, protocol: 'http1' | 'http2' = 'http1'): Promise<Upstreams> {
    const child = fork(fileURLToPath(new URL('./upstream-process.js', import.meta.url)), [String(count), protocol])
    const [ports] = (await once(child, 'message')) as [number[]]
    return new Upstreams(child, ports)
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }
}
