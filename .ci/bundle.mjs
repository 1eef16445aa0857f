// Joins the built modules of each package whose "exports" name dist/bundle into one file: Node's module loader costs about as much for each small
// module as the code in it, and an import of the mesh must cost little. What is imported when it is needed becomes a file of its own.
//
// Beside it, in dist/cjs, the same as CommonJS: for Jest, which cannot require() an ES module, and for TypeScript with older resolutions. Node
// itself never takes it, as "module-sync" comes first: one process has one copy, however it is loaded.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** Modules that createRequire() loads, which a bundler does not see; they lie beside the bundle. */
const loadedLater = { xds: ['resource/field/json-codec.js'] }

function changedAt(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0
}

/** The modules that a package's manifest exports. */
function entryModules(name) {
  const manifest = join(packages, name, 'package.json')
  const text = existsSync(manifest) ? readFileSync(manifest, 'utf8') : ''
  return [...new Set([...text.matchAll(/"\.\/dist\/bundle\/([\w-]+\.js)"/g)].map(([, file]) => file))]
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')).version
}

function isStale(name) {
  const bundledAt = changedAt(join(packages, name, 'dist/bundle/index.js'))
  // The compiler writes its notes whenever it writes anything else.
  const sources = [
    join(packages, name, 'dist/.tsbuildinfo'),
    join(packages, name, 'package.json'),
    fileURLToPath(import.meta.url),
  ]
  return sources.some((source) => changedAt(source) >= bundledAt)
}

function shared(name) {
  return {
    absWorkingDir: join(packages, name, 'dist'),
    entryPoints: [...entryModules(name), ...(loadedLater[name] ?? [])],
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    define: { PACKAGE_VERSION: JSON.stringify(versionOf(name)) },
  }
}

/**
 * esbuild makes import() a require() in a function of its own. A bundler that an application is bundled with forgives a module that is not
 * installed only where the call stands in the `try` itself.
 */
function requireWhatMayBeMissing(file) {
  const text = readFileSync(file, 'utf8')
  const [before, after] = ['Promise.resolve().then(() => __toESM(require(NAME), 1))', '__toESM(require(NAME), 1)'].map(
    (code) => code.replace('NAME', '"@opentelemetry/api"'),
  )
  if (text.includes(before)) writeFileSync(file, text.replace(before, after))
}

async function bundle(esbuild, name) {
  const dist = join(packages, name, 'dist')
  for (const folder of ['bundle', 'cjs']) rmSync(join(dist, folder), { recursive: true, force: true })
  await esbuild({ ...shared(name), outdir: 'bundle', format: 'esm', splitting: true })
  await esbuild({
    ...shared(name),
    outdir: 'cjs',
    format: 'cjs',
    // Jest has no import() without a flag.
    supported: { 'dynamic-import': false },
    define: { ...shared(name).define, 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href" },
  })
  for (const file of readdirSync(join(dist, 'cjs'))) {
    if (file.endsWith('.js')) requireWhatMayBeMissing(join(dist, 'cjs', file))
  }
  writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
  // The declarations are the same; which kind of module they declare is read from the package.json beside them.
  for (const path of declarationsIn(dist)) {
    mkdirSync(dirname(join(dist, 'cjs', path)), { recursive: true })
    copyFileSync(join(dist, path), join(dist, 'cjs', path))
  }
}

function declarationsIn(dist) {
  return readdirSync(dist, { recursive: true }).filter(
    (path) => path.endsWith('.d.ts') && !path.endsWith('.test.d.ts') && !/(?:^|[\\/])(?:cjs|testing)[\\/]/.test(path),
  )
}

const stale = readdirSync(packages).filter((name) => entryModules(name).length > 0 && isStale(name))
if (stale.length > 0) {
  const { build } = await import('esbuild')
  await Promise.all(stale.map((name) => bundle(build, name)))
}
