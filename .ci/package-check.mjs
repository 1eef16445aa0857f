// Checks each package as a user would get it: publint and "are the types wrong" on the packed tarball.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'inmesh-pack-'))
let failed = false

function check(script, parameters) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...parameters], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status === 0) return
  failed = true
  console.error(`${stdout}${stderr}`)
}

try {
  for (const name of readdirSync(join(root, 'packages'))) {
    if (!/^[a-z-]+$/.test(name)) continue
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: join(root, 'packages', name),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    })
    const report = JSON.parse(packed)
    const { filename, size } = Array.isArray(report) ? report[0] : Object.values(report)[0]
    const tarball = join(folder, filename)
    const { bin, exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    check('node_modules/publint/src/cli.js', ['run', tarball, '--strict'])
    // A command's package is for Node only, which can require() ES modules since 20.19; the others are CommonJS too.
    if (exports !== undefined || bin === undefined) {
      const profile = bin === undefined ? 'strict' : 'esm-only'
      check('node_modules/@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', profile])
    }
    console.log(`${name}: ${(size / 1024).toFixed(0)} KB packed`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failed) process.exit(1)
