// Runs every test that was built, on the Node that runs this script, and closes on a count.
//   node .ci/test.mjs [part of a path ...]
// The tests that install the packages as users do run only when they are named: they bring half a gigabyte of other people's packages.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)

function tests(folder) {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js') && !entry.parentPath.includes('node_modules'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
}

const built = readdirSync(`${root}packages`).map((name) => `packages/${name}/dist`)
const files = [...built, 'examples/demo/dist', 'test/dist']
  .flatMap((folder) => {
    try {
      return tests(folder)
    } catch (error) {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    }
  })
  .filter((file) => (wanted.length === 0 ? !file.includes('/consumers/') : wanted.some((part) => file.includes(part))))
  .sort()

if (files.length === 0) {
  console.error('No test was found. Build first: npm run build')
  process.exit(1)
}
const { status, signal } = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-reporter=./.ci/test-reporter.mjs',
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? (signal ? 1 : 0))
