import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'

const BARE = ['undici', '@grpc/grpc-js', '@opentelemetry/api']
const ROUNDS = 15

const run = promisify(execFile)

/** Importing the mesh against importing the libraries that any such client has, each in a fresh process. */
export async function benchImports(): Promise<readonly Row[]> {
  const bare: number[] = []
  const again: number[] = []
  const mesh: number[] = []
  // The first reads fill the file cache.
  await importCost(BARE)
  await importCost(['inmesh'])
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await importCost(BARE))
    mesh.push(await importCost(['inmesh']))
    again.push(await importCost(BARE))
  }
  const ratio = median(mesh.map((time, round) => (2 * time) / (bare[round]! + again[round]!)))
  return [
    {
      what: 'import of inmesh, against undici, grpc-js and the OpenTelemetry API',
      bare: `${median([...bare, ...again]).toFixed(0)} ms`,
      mesh: `${median(mesh).toFixed(0)} ms`,
      ratio,
      noise: median(bare.map((time, round) => again[round]! / time)),
      target: 1.3,
      met: ratio <= 1.3,
    },
  ]
}

/** @returns CPU milliseconds. */
async function importCost(specifiers: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL('./support/import-process.js', import.meta.url))
  const { stdout } = await run(process.execPath, [script, ...specifiers])
  return Number(stdout)
}
