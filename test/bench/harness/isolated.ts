import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Row } from './benchmark.js'

/**
 * Runs a benchmark in a fresh process, so that none meets the compiled code, the garbage and the async hooks of another.
 *
 * @param name - Key of the table in `benchmarks.ts`.
 */
export async function runIsolated(name: string): Promise<readonly Row[]> {
  const child = fork(fileURLToPath(new URL('./isolated-process.js', import.meta.url)), [name])
  const exit = once(child, 'exit')
  let rows: readonly Row[] | undefined
  child.on('message', (message) => {
    rows = message as readonly Row[]
  })
  await exit
  if (rows === undefined) throw new Error(`benchmark ${name} ended without a result`)
  return rows
}
