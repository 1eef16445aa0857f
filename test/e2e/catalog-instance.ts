import { TestProcess, type TestScope } from '../support/test-process.js'

const script = new URL('./services/catalog.js', import.meta.url)

/** An instance of the catalog in a process of its own. */
export class CatalogInstance {
  readonly process: TestProcess
  readonly name: string
  #port = 0
  #heldFrom = 0

  /**
   * @param scope - The test.
   * @param name - What it answers with.
   * @param env - Configures its mesh.
   */
  constructor(scope: TestScope, name: string, env: Readonly<Record<string, string>>) {
    this.name = name
    this.process = TestProcess.node(scope, script, { args: [name], env })
  }

  /** Port on loopback, once it listens. */
  get port(): number {
    return this.#port
  }

  /** `host:port` as in endpoints. */
  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  async started(): Promise<void> {
    await this.process.event('started')
  }

  /** Starts to take requests. */
  async listen(): Promise<void> {
    await this.started()
    this.#port = await this.process.ask<number>('listen')
  }

  /** From now on it answers nothing. */
  async hold(): Promise<void> {
    await this.process.ask('hold')
    this.#heldFrom = this.process.lines.findLastIndex((line) => line.event === 'holding')
  }

  async release(): Promise<void> {
    await this.process.ask('release')
  }

  /** From now on its reads fail, or no longer. */
  async fail(failing = true): Promise<void> {
    await this.process.ask('fail', { failing })
  }

  /** From now on it fails health checks, or no longer; it answers everything else. */
  async sicken(ill = true): Promise<void> {
    await this.process.ask('sicken', { ill })
  }

  /** Waits until it holds so many requests of a method. */
  async holds(method: string, count: number): Promise<void> {
    await this.process.line(`${count} held ${method}`, () => this.#received(method).length >= count, this.#heldFrom)
  }

  /** Requests of a method that reached it since it was last told to hold, or ever. */
  received(method: string): number {
    return this.#received(method).length
  }

  /** Ends its mesh gracefully. */
  async close(): Promise<void> {
    await this.process.ask('close')
  }

  #received(method: string) {
    return this.process.lines
      .slice(this.#heldFrom)
      .filter((line) => line.event === 'received' && line.method === method)
  }
}
