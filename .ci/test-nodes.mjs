// Runs the suite on every supported major of Node. The others come as npm packages that hold one binary each, into a folder that git
// ignores.
//   node .ci/test-nodes.mjs [major ...]
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAJORS = ['20', '22', '24', '26']
const root = fileURLToPath(new URL('..', import.meta.url))
const binaryPackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const prefix = `${root}node_modules/.nodes/${major}`
  const folder = `${prefix}/node_modules/${binaryPackage}/bin`
  const binary = process.platform === 'win32' ? `${folder}/node.exe` : `${folder}/node`
  if (!existsSync(binary)) {
    const install = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    const { status } = spawnSync('npm', [...install, `${binaryPackage}@${major}`], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (status !== 0) throw new Error(`Node ${major} could not be installed from npm (${binaryPackage}@${major}).`)
  }
  return binary
}

const majors = process.argv.length > 2 ? process.argv.slice(2) : MAJORS
const results = []
for (const major of majors) {
  console.log(`\n=== Node ${major}`)
  const { status } = spawnSync(nodeBinary(major), ['.ci/test.mjs'], { cwd: root, stdio: 'inherit' })
  results.push({ major, passed: status === 0 })
}
console.log()
for (const { major, passed } of results) console.log(`Node ${major}: ${passed ? 'passed' : 'FAILED'}`)
if (results.some(({ passed }) => !passed)) process.exit(1)
