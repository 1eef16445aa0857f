import type { Row } from './benchmark.js'
import { median } from './median.js'

/** One way of doing the work that is compared. */
export type Operation = () => Promise<unknown>

/** What is compared, and how long. */
export interface PairedOptions {
  /** Name of the line. */
  readonly what: string
  /** The reference. */
  readonly bare: Operation
  /** What is measured against it. */
  readonly mesh: Operation
  /** What the ratio may be at most; absent where it is only told. */
  readonly target?: number
  /** Operations in one block. */
  readonly perBlock: number
  /** Rounds, each with one block of the mesh between blocks of the reference. */
  readonly rounds: number
  /** Operations in flight at a time. */
  readonly concurrency: number
}

/**
 * Compares the CPU time of this process for two ways of doing the same. Each round runs a block of bare, of mesh and of bare again, in
 * turning order, so that a slow phase of the machine meets all of them; a ratio is taken within its round.
 *
 * @param options - What and how long.
 */
export async function comparePaired(options: PairedOptions): Promise<Row> {
  const variants = [options.bare, options.mesh, options.bare]
  const times: [number[], number[], number[]] = [[], [], []]
  // The first blocks are slow: nothing is compiled and no connection is open.
  for (const operation of variants) await block(operation, 4 * options.perBlock, options.concurrency)
  for (let round = 0; round < options.rounds; round++) {
    for (let step = 0; step < variants.length; step++) {
      const variant = (round + step) % variants.length
      times[variant]!.push(await block(variants[variant]!, options.perBlock, options.concurrency))
    }
  }
  const [bare, mesh, again] = times
  const ratio = median(mesh.map((time, round) => (2 * time) / (bare[round]! + again[round]!)))
  return {
    what: options.what,
    bare: `${median([...bare, ...again]).toFixed(1)} µs`,
    mesh: `${median(mesh).toFixed(1)} µs`,
    ratio,
    noise: median(bare.map((time, round) => again[round]! / time)),
    target: options.target ?? '',
    met: ratio <= (options.target ?? Number.POSITIVE_INFINITY),
  }
}

/** @returns CPU microseconds per operation. */
async function block(operation: Operation, count: number, concurrency: number): Promise<number> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await operation()
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const used = process.cpuUsage(before)
  return (used.user + used.system) / count
}
