import { TestProcess, type TestScope } from '../../support/test-process.js'

const scripts = {
  http: new URL('./http-upstream-script.js', import.meta.url),
  grpc: new URL('./grpc-upstream-script.js', import.meta.url),
  silent: new URL('./silent-upstream-script.js', import.meta.url),
}

/** A server in a process of its own, outside any mesh. */
export class Upstream {
  /** What it answers with. */
  readonly name: string
  readonly port: number
  readonly #process: TestProcess

  private constructor(name: string, port: number, process: TestProcess) {
    this.name = name
    this.port = port
    this.#process = process
  }

  /** Starts a server on a port of its own, or on one that is free again. One that is silent takes connections and says nothing. */
  static async start(scope: TestScope, name: string, kind: keyof typeof scripts = 'http', port = 0): Promise<Upstream> {
    const process = TestProcess.node(scope, scripts[kind], { args: [name, String(port)] })
    return new Upstream(name, Number((await process.event('listening')).port), process)
  }

  /** Requests so far. */
  get requests(): number {
    return this.#process.lines.filter(({ event }) => event === 'request').length
  }

  /** Waits until a path, or anything at all, was asked for so many times. */
  async received(path: string | undefined, times = 1): Promise<void> {
    let seen = 0
    await this.#process.line(`${times} requests for ${path}`, ({ event, url }) => {
      if (event === 'request' && (path === undefined || url === path)) seen++
      return seen >= times
    })
  }

  /** Answers every request that it holds. */
  release(): Promise<void> {
    return this.#process.ask('release')
  }

  /** Ends it, as a crash does. */
  kill(): Promise<void> {
    return this.#process.kill()
  }
}
