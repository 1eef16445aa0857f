import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AppliedRemoval } from './apply-removal.js'
import type { Removal } from './removal.js'
import type { TestOutcome } from './row-reporter.js'

/** What became of the tests of a scenario. */
export interface RowRun {
  readonly outcomes: readonly TestOutcome[]
  /** Whether a process loaded the changed file. */
  readonly reached: boolean
  /** How long it took, in milliseconds. */
  readonly tookMs: number
}

/** What is different about a run. */
export interface RowChange {
  /** The behaviour to run without. */
  readonly removal: Removal
  /** A test waits no longer than this for what does not come any more, in milliseconds. */
  readonly patienceMs: number
}

/**
 * Runs the tests of one scenario.
 *
 * @param row - Its number.
 * @param files - The files that hold them.
 * @param change - What to run them without. Default: nothing.
 */
export async function runRow(row: number, files: readonly string[], change?: RowChange): Promise<RowRun> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'inmesh-removal-'))
  try {
    const reached = join(folder, 'reached')
    const env: NodeJS.ProcessEnv = { ...process.env }
    if (change !== undefined) {
      const { file, code, becomes } = change.removal
      env.TEST_PATIENCE_MS = String(change.patienceMs)
      const applied: AppliedRemoval = { file, code, becomes, reached }
      env.CONFORMANCE_REMOVAL = JSON.stringify(applied)
      env.NODE_OPTIONS = `--import ${new URL('./apply-removal.js', import.meta.url).href}`
    }
    const outcomes: TestOutcome[] = []
    for (const file of files) outcomes.push(...(await outcomesOf(row, file, env)))
    return { outcomes, reached: existsSync(reached), tookMs: performance.now() - began }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function outcomesOf(row: number, file: string, env: NodeJS.ProcessEnv): Promise<TestOutcome[]> {
  const script = fileURLToPath(new URL(`../${file}.js`, import.meta.url))
  const reporter = new URL('./row-reporter.js', import.meta.url).href
  const parameters = [`--test-name-pattern=#${row}\\s`, `--test-reporter=${reporter}`, script]
  const child = spawn(process.execPath, parameters, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  await new Promise((resolve) => child.once('close', resolve))
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  if (lines.length === 0) throw new Error(`no test of #${row} ran in ${file}:\n${errors}${text}`)
  return lines.map((line) => JSON.parse(line) as TestOutcome)
}
