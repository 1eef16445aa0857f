// Shows for every scenario that its test fails when the behaviour that it is about is taken away:
//   npm run conformance:removals [-- --row 17 ... --jobs 1]
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { testedScenarios } from '../scenarios.js'
import type { Removal } from './removal.js'
import { runRow } from './run-row.js'
import { removals, withoutRemoval } from './table.js'

const { values } = parseArgs({ options: { row: { type: 'string', multiple: true }, jobs: { type: 'string' } } })
const wanted = values.row?.map(Number)
const scenarios = testedScenarios()
const rows = [...scenarios.keys()].sort((a, b) => a - b).filter((row) => wanted === undefined || wanted.includes(row))
const problems: string[] = []
const shortestPatienceMs = 5_000

function tell(row: number, text: string, problem = false): void {
  const line = `#${row} ${text}`
  if (problem) problems.push(line)
  console.log(`${problem ? '✖' : '✔'} ${line}`)
}

/** Why a test failed, on one line. */
function reason(failure: string): string {
  const line = failure.replace(/\s+/g, ' ').trim()
  return line.length <= 200 ? line : `${line.slice(0, 200)} ...`
}

async function prove(removal: Removal, files: readonly string[], patienceMs: number): Promise<void> {
  const { row, without } = removal
  const { outcomes, reached } = await runRow(row, files, { removal, patienceMs })
  const failures = outcomes.flatMap(({ failure }) => (failure === null ? [] : [failure]))
  if (!reached) return tell(row, `without ${without}: no process loads ${removal.file}`, true)
  if (failures.length === 0) return tell(row, `passes without ${without}`, true)
  const unstarted = failures.find((failure) => /waiting for (?:its start|the answer to start)/.test(failure))
  if (unstarted !== undefined) return tell(row, `without ${without}: nothing to say, ${reason(unstarted)}`, true)
  const broken = failures.find((failure) => /: ended \((?:code|SIG)/.test(failure))
  if (broken !== undefined && removal.ends === undefined) {
    return tell(row, `without ${without} the process ends: ${broken}`, true)
  }
  tell(row, `fails without ${without} (${failures.length} of ${outcomes.length}): ${reason(failures[0]!)}`)
}

async function proveRow(row: number): Promise<void> {
  const files = scenarios.get(row)!
  const excuse = withoutRemoval.get(row)
  if (excuse !== undefined) return tell(row, `has no removal: ${excuse}`)
  const mine = removals.filter((removal) => removal.row === row)
  if (mine.length === 0) return tell(row, 'has no removal', true)
  const { outcomes, tookMs } = await runRow(row, files)
  const failed = outcomes.find(({ failure }) => failure !== null)
  if (failed !== undefined) return tell(row, `fails as it is: ${failed.name}: ${failed.failure}`, true)
  // What does not come in twice the time that all of it takes does not come, on a slow machine too.
  const patienceMs = Math.round(Math.max(shortestPatienceMs, 2 * tookMs))
  for (const removal of mine) await prove(removal, files, patienceMs)
}

async function worker(): Promise<void> {
  for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
    try {
      await proveRow(row)
    } catch (error) {
      tell(row, (error as Error).message, true)
    }
  }
}

await Promise.all(Array.from({ length: Number(values.jobs ?? availableParallelism()) }, worker))
if (problems.length > 0) {
  console.log(`\n${problems.length} of the scenarios are not proven:\n${problems.join('\n')}`)
  process.exitCode = 1
}
