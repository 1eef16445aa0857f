import { createHook } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Timers that were set and neither fired nor were cancelled, by the time that they were set for. */
const timers = new Map<number, WeakRef<{ readonly _idleTimeout: number }>>()

/** Counts timers from now on, those included that keep no process. */
export function countTimers(): void {
  createHook({
    init: (id, type, _trigger, resource) => {
      if (type === 'Timeout') timers.set(id, new WeakRef(resource as { readonly _idleTimeout: number }))
    },
    destroy: (id) => {
      timers.delete(id)
    },
  }).enable()
}

/** Timers that wait for longer than a second, in milliseconds each. Those of Node and of undici for the whole process are shorter. */
export function longTimers(): number[] {
  const delays = [...timers.values()].map((timer) => timer.deref()?._idleTimeout ?? 0)
  return delays.filter((delay) => delay > 1000)
}

/** Megabytes of the heap that are in use once everything was collected that can be. */
export async function heapMegabytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn()
    collect()
  }
  return process.memoryUsage().heapUsed / 2 ** 20
}
