// Builds every package, incrementally: the xDS messages first (they are generated), then TypeScript, then a bundle of each package.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

function run(script, ...parameters) {
  const { status } = spawnSync(process.execPath, [script, ...parameters], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run('packages/xds-proto/build.mjs')
run('node_modules/typescript/bin/tsc', '-b')
run('.ci/bundle.mjs')
