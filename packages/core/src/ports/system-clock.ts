import type { Clock, Timer } from './clock.js'

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout

  constructor(handle: NodeJS.Timeout) {
    this.#handle = handle
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** The machine's clock and Node's timers. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now()
  }

  wallTime(): number {
    return Date.now()
  }

  setTimer(delayMs: number, callback: () => void, keepAlive = false): Timer {
    const handle = setTimeout(callback, delayMs)
    if (!keepAlive) handle.unref()
    return new SystemTimer(handle)
  }
}
