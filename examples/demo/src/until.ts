import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
const LIMIT_MS = 45_000

type Outcome<T> = T | undefined | false

/**
 * Waits for a condition.
 *
 * @param what - The condition in words, for the error.
 * @param condition - Its value ends the wait, unless it is undefined or false.
 * @param signal - Ends the wait with its reason.
 * @throws Error after 45 seconds.
 */
export async function until<T>(
  what: string,
  condition: () => Outcome<T> | Promise<Outcome<T>>,
  signal: AbortSignal,
): Promise<T> {
  const limit = performance.now() + LIMIT_MS
  for (;;) {
    signal.throwIfAborted()
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (performance.now() > limit) throw new Error(`waited ${LIMIT_MS / 1000} s in vain: ${what}`)
    await sleep(POLL_MS)
  }
}
