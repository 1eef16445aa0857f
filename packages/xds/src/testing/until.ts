import { SystemClock } from '@inmesh/core'
import { settled } from './fake-clock.js'

/** What has not come by then does not come. */
const patienceMs = 20_000

/** Waits until a condition holds, keeping the process alive meanwhile. */
export async function until(condition: () => boolean): Promise<void> {
  const clock = new SystemClock()
  const startMs = clock.now()
  while (!condition()) {
    if (clock.now() - startMs > patienceMs) throw new Error(`waited in vain for ${condition}`)
    await settled()
  }
}
