import type { InstanceStatus } from '../terminal/view-drawing.js'
import type { Child } from './child.js'

/** An instance of the catalog: a name and an address that outlive the process. */
export class Instance implements InstanceStatus {
  readonly name: string
  readonly version: string
  /** `host:port` of its first process, which those after it take again. */
  readonly address: string
  running = true
  #child: Child

  constructor(name: string, version: string, address: string, child: Child) {
    this.name = name
    this.version = version
    this.address = address
    this.#child = child
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get port(): string {
    return this.address.slice(this.address.lastIndexOf(':') + 1)
  }

  /**
   * Kills it in the middle of something.
   *
   * @param isInTheMiddle - Asked while the instance stands still.
   * @returns whether it was, and is dead now.
   */
  async killIf(isInTheMiddle: () => boolean): Promise<boolean> {
    this.#child.freeze()
    if (isInTheMiddle()) {
      await this.#child.kill()
      this.running = false
      return true
    }
    this.#child.thaw()
    return false
  }

  /** Its process is gone. */
  lost(): void {
    this.running = false
  }

  /** @param child - The process that takes its place. */
  revive(child: Child): void {
    this.#child = child
    this.running = true
  }
}
