// Joins the built modules of each package whose "exports" name dist/bundle into one file: Node's module loader costs about as much for each small
// module as the code in it, and an import of the mesh must cost little. What is imported when it is needed becomes a file of its own.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** Modules that createRequire() loads, which a bundler does not see; they lie beside the bundle. */
const loadedLater = { xds: ['resource/field/json-codec.js'] }

function changedAt(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0
}

function isBundled(name) {
  const manifest = join(packages, name, 'package.json')
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"./dist/bundle/')
}

function isStale(name) {
  const bundledAt = changedAt(join(packages, name, 'dist/bundle/index.js'))
  // The compiler writes its notes whenever it writes anything else.
  const sources = [join(packages, name, 'dist/.tsbuildinfo'), fileURLToPath(import.meta.url)]
  return sources.some((source) => changedAt(source) >= bundledAt)
}

async function bundle(esbuild, name) {
  const dist = join(packages, name, 'dist')
  rmSync(join(dist, 'bundle'), { recursive: true, force: true })
  await esbuild({
    absWorkingDir: dist,
    entryPoints: ['index.js', ...(loadedLater[name] ?? [])],
    entryNames: '[name]',
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  })
}

const stale = readdirSync(packages).filter((name) => isBundled(name) && isStale(name))
if (stale.length > 0) {
  const { build } = await import('esbuild')
  await Promise.all(stale.map((name) => bundle(build, name)))
}
