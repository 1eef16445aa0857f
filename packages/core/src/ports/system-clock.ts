import type { Clock, Timer } from './clock.js'

/** The global is a getter, which costs as much again as the look at the clock. */
const machine = performance

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
    return machine.now()
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
