import { parseArgs } from 'node:util'
import { benchmarks } from './benchmarks.js'
import type { Row } from './harness/benchmark.js'
import { runIsolated } from './harness/isolated.js'
import { asMarkdown, asText } from './harness/report.js'

/*
 * npm run bench                       all benchmarks, a table in the terminal
 * npm run bench -- --only fetch       some of them
 * npm run bench -- --markdown         the table for docs/benchmarks.md, and nothing else, on standard output
 *
 * Ends with 1 when a target was missed.
 */
const { values } = parseArgs({
  options: { markdown: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
})
const rows: Row[] = []
for (const name of values.only ?? benchmarks.keys()) {
  if (!values.markdown) process.stderr.write(`${name} ...\n`)
  rows.push(...(await runIsolated(name)))
}
console.log(values.markdown ? asMarkdown(rows) : asText(rows))
process.exitCode = rows.every((row) => row.met) ? 0 : 1
