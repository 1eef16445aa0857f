// A reporter for node:test that prints failures whole, skipped tests with their reason, and closes on one line:
// "N passed, N failed, N skipped".
import { relative } from 'node:path'

export default async function* report(events) {
  const started = Date.now()
  const failures = []
  const skips = []
  let passed = 0
  for await (const { type, data } of events) {
    const isSuite = data?.details?.type === 'suite'
    // Each file is itself reported as a test that is named by its path; only a file that broke outside its tests is news.
    const isFile = data?.nesting === 0 && data?.name?.endsWith('.test.js')
    if (type === 'test:pass' && data.skip !== undefined) {
      skips.push(data)
    } else if (type === 'test:pass' && !isSuite && !isFile) {
      if (data.todo === undefined) passed++
    } else if (type === 'test:fail') {
      const broken = data.details?.error?.failureType
      // A suite fails by its tests, which are reported, or by a hook, which is not.
      if (isSuite && broken !== 'hookFailed') continue
      if (isFile && broken !== 'testCodeFailure' && broken !== 'testTimeoutFailure') continue
      if (broken === 'subtestsFailed') continue
      failures.push(data)
      const cause = data.details?.error?.cause ?? data.details?.error
      yield `\n✖ ${data.name}\n  ${data.file ? relative(process.cwd(), data.file) : ''}:${data.line ?? ''}\n`
      yield `${String(cause?.stack ?? cause).replace(/^/gm, '    ')}\n`
    } else if (type === 'test:stderr') {
      yield data.message
    }
  }
  if (skips.length > 0) {
    yield '\nSkipped:\n'
    for (const { name, skip } of skips) yield `  ${name}${typeof skip === 'string' && skip !== '' ? `: ${skip}` : ''}\n`
  }
  if (failures.length > 0) {
    yield '\nFailed:\n'
    for (const { name, file } of failures) yield `  ${name} (${file ? relative(process.cwd(), file) : '?'})\n`
  }
  yield `\n${((Date.now() - started) / 1000).toFixed(1)} s on Node ${process.versions.node}\n`
  yield `${passed} passed, ${failures.length} failed, ${skips.length} skipped\n`
}
