import type { Row } from './benchmark.js'
import { median } from './median.js'

/** One way of doing the work that is compared. */
export type Operation = () => Promise<unknown>

/** Does the work a number of times, whoever drives it. */
export type Block = (count: number) => Promise<void>

/** How much is compared, and what for. */
export interface ComparisonOptions {
  /** Name of the line. */
  readonly what: string
  /** What the ratio may be at most; absent where it is only told. */
  readonly target?: number
  /** Operations in one block. */
  readonly perBlock: number
  /** Rounds, each with one block of the mesh between blocks of the reference. */
  readonly rounds: number
}

/** What is compared, driven by whoever has it. */
export interface BlockOptions extends ComparisonOptions {
  /** The reference. */
  readonly bare: Block
  /** What is measured against it. */
  readonly mesh: Block
}

/** What is compared, driven by this process. */
export interface PairedOptions extends ComparisonOptions {
  /** The reference. */
  readonly bare: Operation
  /** What is measured against it. */
  readonly mesh: Operation
  /** Operations in flight at a time. */
  readonly concurrency: number
}

/**
 * Compares the CPU time of this process for two ways of doing the same.
 *
 * @param options - What and how long.
 */
export function comparePaired(options: PairedOptions): Promise<Row> {
  const { bare, mesh, concurrency } = options
  return compareBlocks({ ...options, bare: inParallel(bare, concurrency), mesh: inParallel(mesh, concurrency) })
}

/**
 * Compares the CPU time of this process for two ways of doing the same. Each round runs a block of bare, of mesh and of bare again, in
 * turning order, so that a slow phase of the machine meets all of them; a ratio is taken within its round.
 *
 * @param options - What and how long.
 */
export async function compareBlocks(options: BlockOptions): Promise<Row> {
  const variants = [options.bare, options.mesh, options.bare]
  const times: [number[], number[], number[]] = [[], [], []]
  // The first blocks are slow: nothing is compiled and no connection is open.
  for (const block of variants) await timed(block, 4 * options.perBlock)
  for (let round = 0; round < options.rounds; round++) {
    for (let step = 0; step < variants.length; step++) {
      const variant = (round + step) % variants.length
      times[variant]!.push(await timed(variants[variant]!, options.perBlock))
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
async function timed(block: Block, count: number): Promise<number> {
  const before = process.cpuUsage()
  await block(count)
  const used = process.cpuUsage(before)
  return (used.user + used.system) / count
}

function inParallel(operation: Operation, concurrency: number): Block {
  return async (count) => {
    let left = count
    const worker = async (): Promise<void> => {
      while (left-- > 0) await operation()
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  }
}
