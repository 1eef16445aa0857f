import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 1

/** What a piece of work cost. */
export interface WorkCost {
  /** The longest time for which nothing else could run, in milliseconds. */
  readonly stallMs: number
  /** CPU time of the process, the compiler's and the garbage collector's threads included, in milliseconds. */
  readonly cpuMs: number
}

/**
 * Measures how long a piece of work holds up the event loop.
 *
 * @param work - Resolves when all of it is done.
 */
export async function measureStall(work: () => Promise<void>): Promise<WorkCost> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  // The first sample only sets the beginning.
  await new Promise((resolve) => setTimeout(resolve, 20))
  delay.reset()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  await new Promise((resolve) => setTimeout(resolve, 20))
  delay.disable()
  return { stallMs: delay.max / 1e6 - RESOLUTION_MS, cpuMs: (user + system) / 1000 }
}
