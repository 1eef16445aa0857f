/**
 * Builds this package: generates the messages, checks and declares them, and
 * bundles each entry into one file. Does only what its inputs call for.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMain } from './codegen/main.mjs'
import { folderOf, packageFolder } from './codegen/sources.mjs'
import { filesBelow, hashOf, Step } from './codegen/stamp.mjs'
import { generate, imageFile, inputFiles } from './generate.mjs'

const distFolder = join(packageFolder, 'dist')
const inPackage = (...path) => join(packageFolder, ...path)

/**
 * Generates, type-checks and bundles.
 *
 * @returns {Promise<boolean>} whether anything had to be built
 */
export async function build() {
  const entries = ['index.js', 'all.js', join('json', 'index.js')]
  const step = new Step(
    join(distFolder, '.stamp'),
    hashOf([
      ...inputFiles(),
      ...filesBelow(inPackage('src')),
      ...['esbuild', 'typescript'].map((name) => join(folderOf(name), 'package.json')),
      inPackage('tsconfig.json'),
      inPackage('tsconfig.test.json'),
      inPackage('..', 'tsconfig.base.json'),
      fileURLToPath(import.meta.url),
    ]),
    [...entries, ...entries.map((entry) => join('cjs', entry)), join('types', 'src', 'index.d.ts')].map((path) =>
      join(distFolder, path),
    ),
  )
  if (step.isDone) return false

  // Declarations of messages that are gone would stay behind.
  if (await generate()) rmSync(join(distFolder, 'types'), { recursive: true, force: true })
  compile('tsconfig.json')
  await bundle()
  await bundleAsCommonJs()
  // The tests use the package as others do: through its bundles.
  compile('tsconfig.test.json')
  step.done()
  return true
}

function compile(project) {
  const tsc = join(folderOf('typescript'), 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-b', inPackage(project)], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`xds-proto: ${project} does not compile`)
}

async function bundle() {
  await bundleInto('dist', { format: 'esm' }, '')
}

/** What Jest and older resolutions of TypeScript load; Node itself always takes the ES modules. */
async function bundleAsCommonJs() {
  const folder = join(distFolder, 'cjs')
  const define = { 'import.meta.url': 'moduleUrl' }
  const banner = "const moduleUrl = require('node:url').pathToFileURL(__filename).href\n"
  await bundleInto('dist/cjs', { format: 'cjs', define }, banner)
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  cpSync(join(distFolder, 'types'), join(folder, 'types'), {
    recursive: true,
    filter: (path) => !path.endsWith('.tsbuildinfo'),
  })
}

async function bundleInto(outdir, format, banner) {
  const { build: esbuild } = await import('esbuild')
  const shared = {
    absWorkingDir: packageFolder,
    bundle: true,
    logLevel: 'warning',
    outdir,
    outbase: 'src',
    platform: 'node',
    target: 'node20',
    ...format,
  }
  // Bundling the wire format and minifying halve the import: see README.md.
  await esbuild({
    ...shared,
    entryPoints: ['src/index.ts', 'src/all.ts'],
    minify: true,
    banner: { js: wireLicences() + banner },
  })
  await esbuild({ ...shared, entryPoints: ['src/json/index.ts'], packages: 'external', banner: { js: banner } })
  copyFileSync(imageFile, join(packageFolder, outdir, 'json', 'descriptors.binpb'))
}

/** The licence headers of the library files that end up in the bundle. */
function wireLicences() {
  const wire = dirname(fileURLToPath(import.meta.resolve('@bufbuild/protobuf/wire')))
  return ['binary-encoding.js', 'varint.js']
    .map((name) => /^(?:\/\/[^\n]*\n)+/.exec(readFileSync(join(wire, name), 'utf8'))[0])
    .join('\n')
}

if (isMain(import.meta.url)) await build()
