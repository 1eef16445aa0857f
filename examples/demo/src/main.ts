// npm run demo            runs through all steps and ends; the exit code is 0 when every check passed.
// npm run demo -- --keep  leaves everything up afterwards, to play with.
import { parseArgs } from 'node:util'
import { keep } from './keep.js'
import { Fleet } from './processes/fleet.js'
import { run } from './run.js'
import { LiveView } from './terminal/live-view.js'
import { paintFor } from './terminal/paint.js'
import { Screen } from './terminal/screen.js'

const LIMIT_MS = 85_000

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })

const paint = paintFor(process.stdout)
const screen = new Screen(process.stdout)
const view = new LiveView(screen, paint)
const abort = new AbortController()
const limit = setTimeout(() => abort.abort(new Error(`the demo took more than ${LIMIT_MS / 1000} s`)), LIMIT_MS)

// A reader that goes away, such as head, ends the demo too, and not its processes' parent alone.
process.stdout.on('error', () => abort.abort(new Interrupted()))

class Interrupted extends Error {
  override readonly message = 'interrupted'
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort(new Interrupted()))

const fleet = await Fleet.prepare(abort)
try {
  const demo = { fleet, screen, view, paint, signal: abort.signal }
  const passed = await run(demo)
  process.exitCode = passed ? 0 : 1
  clearTimeout(limit)
  if (values.keep) await keep(demo)
} catch (error) {
  // Whatever it was, it also ends the traffic.
  abort.abort(error)
  view.stop()
  if (error instanceof Interrupted) {
    process.exitCode ??= 130
  } else {
    screen.print(paint('red', `demo FAILED: ${(error as Error).message}`))
    process.exitCode = 1
  }
} finally {
  clearTimeout(limit)
  screen.close()
  await fleet.stop()
}
