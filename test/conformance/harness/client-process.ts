import type { TestScope } from '../../support/test-process.js'
import { Part } from './part.js'
import type { typeNames } from './resources.js'
import type { ScriptedControlPlane } from './scripted-control-plane.js'

/** How a client is made. */
export type ClientParameters = {
  readonly address: string
  /** Makes the client's clock so many times faster. */
  readonly clockFactor: number
  readonly serverFeatures: readonly string[]
}

/** A watch. */
export type WatchParameters = {
  /** Name of the watcher, for what it is told. */
  readonly watcher: string
  readonly type: keyof typeof typeNames
  /** Name of the resource. */
  readonly name: string
  /** Begun from inside the callback for a change. */
  readonly alsoWatch?: WatchParameters
}

/** A client of a control plane, without a mesh on top, in a process apart from the test and the server. */
export class ClientProcess {
  readonly #part: Part

  private constructor(part: Part) {
    this.#part = part
  }

  static async start(
    scope: TestScope,
    { address }: ScriptedControlPlane,
    { clockFactor = 1, serverFeatures = [] }: Partial<Omit<ClientParameters, 'address'>> = {},
  ): Promise<ClientProcess> {
    const parameters: ClientParameters = { address, clockFactor, serverFeatures }
    return new ClientProcess(await Part.start(scope, new URL('./client-script.js', import.meta.url), parameters))
  }

  watch(watcher: string, type: WatchParameters['type'], name: string, alsoWatch?: WatchParameters): Promise<void> {
    return this.#part.ask('watch', { watcher, type, name, ...(alsoWatch !== undefined && { alsoWatch }) })
  }

  /** Lets time pass on the client's clock, in milliseconds. */
  timePasses(ms: number): Promise<void> {
    return this.#part.ask('timePasses', { ms })
  }

  unwatch(watcher: string): Promise<void> {
    return this.#part.ask('unwatch', { watcher })
  }

  /** What a watcher was told so far: `changed`, `missing`, `absent`, `failed` or `ambient`. */
  told(watcher: string): string[] {
    return this.#part
      .lines()
      .filter((line) => line.event === 'told' && line.watcher === watcher)
      .map(({ news }) => String(news))
  }

  /**
   * Waits until a watcher was told something so many times.
   *
   * @returns the text of the error, if there was one.
   */
  async heard(watcher: string, news: string, times = 1): Promise<string> {
    let seen = 0
    const line = await this.#part.line(`${watcher} hears ${news} ${times} times`, (each) => {
      if (each.event === 'told' && each.watcher === watcher && each.news === news) seen++
      return seen >= times
    })
    return String(line.error)
  }
}
