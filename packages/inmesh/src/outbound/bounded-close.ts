import type { Clock } from '@inmesh/core'
import type { Dispatcher } from 'undici'

/**
 * Closes a dispatcher gracefully, or by force when that takes too long.
 *
 * @param dispatcher - The dispatcher.
 * @param clock - Time.
 * @param timeoutMs - Milliseconds until force is used.
 */
export async function closeWithin(dispatcher: Dispatcher, clock: Clock, timeoutMs: number): Promise<void> {
  let forced: Promise<void> | undefined
  const limit = new Promise<void>((resolve) => {
    const timer = clock.setTimer(
      timeoutMs,
      () => {
        forced = dispatcher.destroy()
        resolve()
      },
      true,
    )
    const stop = (): void => {
      timer.cancel()
      resolve()
    }
    dispatcher.close().then(stop, stop)
  })
  await limit
  await forced
}
