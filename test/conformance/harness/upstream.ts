import type { TestScope } from '../../support/test-process.js'
import { Part } from './part.js'

const scripts = {
  http: new URL('./http-upstream-script.js', import.meta.url),
  grpc: new URL('./grpc-upstream-script.js', import.meta.url),
  silent: new URL('./silent-upstream-script.js', import.meta.url),
}

/** How a server is made. */
export type UpstreamParameters = {
  /** What it answers with. */
  readonly name: string
  /** 0 for one that is free. */
  readonly port: number
}

/** A server outside any mesh, in a process apart from the test and the meshes. */
export class Upstream {
  /** What it answers with. */
  readonly name: string
  readonly port: number
  readonly #part: Part

  private constructor(name: string, port: number, part: Part) {
    this.name = name
    this.port = port
    this.#part = part
  }

  /** Starts a server on a port of its own, or on one that is free again. One that is silent takes connections and says nothing. */
  static async start(scope: TestScope, name: string, kind: keyof typeof scripts = 'http', port = 0): Promise<Upstream> {
    const parameters: UpstreamParameters = { name, port }
    const part = await Part.start(scope, scripts[kind], parameters)
    return new Upstream(name, Number((await part.event('listening')).port), part)
  }

  /** Requests so far. */
  get requests(): number {
    return this.#part.lines().filter(({ event }) => event === 'request').length
  }

  /** Requests for a path so far. What the server tells comes in order, but later than answers do. */
  requestsFor(path: string): number {
    return this.#part.lines().filter(({ event, url }) => event === 'request' && url === path).length
  }

  /** Connections so far, of an HTTP server. */
  get connections(): number {
    return this.#part.lines().filter(({ event }) => event === 'connection').length
  }

  /** Waits until a path, or anything at all, was asked for so many times. */
  async received(path: string | undefined, times = 1): Promise<void> {
    let seen = 0
    await this.#part.line(`${times} requests for ${path}`, ({ event, url }) => {
      if (event === 'request' && (path === undefined || url === path)) seen++
      return seen >= times
    })
  }

  /** Answers every request that it holds. */
  release(): Promise<void> {
    return this.#part.ask('release')
  }

  /** Cuts its connections and takes no more, as a crash does. */
  kill(): Promise<void> {
    return this.#part.ask('kill')
  }
}
