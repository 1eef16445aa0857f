import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'

const BARE = ['undici', '@grpc/grpc-js', '@opentelemetry/api']
const ROUNDS = 15
const MESSAGES_MS = 30

const run = promisify(execFile)

/** Importing the mesh against importing the libraries that any such client has, each in a fresh process. */
export async function benchImports(): Promise<readonly Row[]> {
  const bare: number[] = []
  const again: number[] = []
  const mesh: number[] = []
  // The first reads fill the file cache.
  await cpuMs(BARE)
  await cpuMs(['inmesh'])
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await cpuMs(BARE))
    mesh.push(await cpuMs(['inmesh']))
    again.push(await cpuMs(BARE))
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
    await messages(),
  ]
}

/** The xDS messages are the largest part that is loaded when a mesh is made. */
async function messages(): Promise<Row> {
  const elapsed: number[] = []
  for (let round = 0; round < ROUNDS; round++) elapsed.push((await importCost(['@inmesh/xds-proto'])).elapsedMs)
  const elapsedMs = median(elapsed)
  return {
    what: 'import of @inmesh/xds-proto, elapsed',
    bare: '',
    mesh: `${elapsedMs.toFixed(1)} ms`,
    target: `< ${MESSAGES_MS} ms`,
    met: elapsedMs < MESSAGES_MS,
  }
}

async function cpuMs(specifiers: readonly string[]): Promise<number> {
  return (await importCost(specifiers)).cpuMs
}

async function importCost(specifiers: readonly string[]): Promise<{ cpuMs: number; elapsedMs: number }> {
  const script = fileURLToPath(new URL('./support/import-process.js', import.meta.url))
  const { stdout } = await run(process.execPath, [script, ...specifiers])
  return JSON.parse(stdout) as { cpuMs: number; elapsedMs: number }
}
