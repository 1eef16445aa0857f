import { Dispatcher } from 'undici'

/** A dispatcher of undici in front of another one: who closes it means the one behind. */
export abstract class FrontDispatcher extends Dispatcher {
  /** The one behind. */
  protected readonly behind: Dispatcher

  /**
   * @param behind - The one behind.
   */
  constructor(behind: Dispatcher) {
    super()
    this.behind = behind
  }

  /** Closes the one behind. */
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    return callback === undefined ? this.behind.close() : this.behind.close(callback)
  }

  /** The same at once. */
  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | void {
    if (typeof error === 'function') return this.behind.destroy(error)
    return callback === undefined ? this.behind.destroy(error ?? null) : this.behind.destroy(error ?? null, callback)
  }
}
