import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, resolveRelative, type SourceFile, sourceFiles } from './source-files.js'

/** What each package may import, packages of this repository by folder name, others by package name. The table of ARCHITECTURE.md. */
const ALLOWED: Readonly<
  Record<string, { readonly packages: readonly string[]; readonly libraries: readonly string[] }>
> = {
  core: { packages: [], libraries: ['re2js'] },
  'xds-proto': { packages: [], libraries: ['@bufbuild/protobuf'] },
  telemetry: { packages: ['core'], libraries: ['@opentelemetry/api'] },
  xds: { packages: ['core', 'xds-proto'], libraries: ['@grpc/grpc-js'] },
  istio: { packages: ['core', 'xds-proto'], libraries: ['yaml'] },
  http: { packages: ['core'], libraries: ['undici'] },
  inmesh: {
    packages: ['core', 'telemetry', 'xds', 'istio', 'http'],
    libraries: ['undici', 'opossum', '@opentelemetry/api'],
  },
  otel: { packages: ['telemetry'], libraries: ['@opentelemetry/sdk-node', '@opentelemetry/exporter-trace-otlp-http'] },
  express: { packages: ['core', 'http', 'inmesh'], libraries: ['express'] },
  fastify: { packages: ['core', 'http', 'inmesh'], libraries: ['fastify', 'fastify-plugin'] },
  'control-plane': { packages: ['core', 'xds-proto', 'istio'], libraries: ['@grpc/grpc-js'] },
  cli: { packages: ['core', 'istio', 'control-plane'], libraries: [] },
}

/** The core decides and does nothing else: no module of Node that does I/O. Each exception is a port's implementation or a pure type. */
const CORE_BUILTINS: Readonly<Record<string, string>> = {
  'packages/core/src/ports/system-random.ts': 'node:crypto',
  'packages/core/src/matching/network-set.ts': 'node:net',
}

const files = sourceFiles()
const product = files.filter((file) => !file.isTest)

const packageNames = new Map(
  [...new Set(files.map((file) => file.package))].map((folder) => {
    const { name } = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')) as {
      name: string
    }
    return [name, folder]
  }),
)

function libraryOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}

test('every package stands in the table', () => {
  assert.deepEqual([...packageNames.values()].sort(), Object.keys(ALLOWED).sort())
})

test('packages import only what the table allows', () => {
  const wrong: string[] = []
  for (const file of product) {
    const { packages, libraries } = ALLOWED[file.package]!
    for (const specifier of file.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
      const library = libraryOf(specifier)
      const folder = packageNames.get(library)
      const allowed =
        folder === undefined ? libraries.includes(library) : folder === file.package || packages.includes(folder)
      if (!allowed) wrong.push(`${file.path} imports ${specifier}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('no file reaches into the sources of another package', () => {
  const wrong = product.flatMap((file) =>
    file.imports
      .filter(
        (specifier) =>
          specifier.startsWith('.') && !resolveRelative(file, specifier).startsWith(`packages/${file.package}/`),
      )
      .map((specifier) => `${file.path} imports ${specifier}`),
  )
  assert.deepEqual(wrong, [])
})

test('modules of Node are named with their prefix', () => {
  const bare = new Set(builtinModules.filter((name) => !name.startsWith('node:')))
  const wrong = files.flatMap((file) =>
    file.imports.filter((specifier) => bare.has(specifier)).map((name) => `${file.path}: ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('the core does no input or output', () => {
  const wrong = product.flatMap((file) =>
    file.package === 'core'
      ? file.imports
          .filter((specifier) => specifier.startsWith('node:') && CORE_BUILTINS[file.path] !== specifier)
          .map((specifier) => `${file.path} imports ${specifier}`)
      : [],
  )
  assert.deepEqual(wrong, [])
})

test('product code imports nothing that is only there for tests', () => {
  const tests = new Set(files.filter((file) => file.isTest).map((file) => file.path))
  const wrong = product.flatMap((file) =>
    file.imports
      .filter((specifier) => specifier.startsWith('.') && tests.has(resolveRelative(file, specifier)))
      .map((specifier) => `${file.path} imports ${specifier}`),
  )
  assert.deepEqual(wrong, [])
})

test('no files import each other in a circle', () => {
  const byPath = new Map(product.map((file) => [file.path, file]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    if (trail.includes(file.path)) {
      circles.push([...trail.slice(trail.indexOf(file.path)), file.path].join(' -> '))
      return
    }
    if (done.has(file.path)) return
    for (const specifier of file.imports) {
      const next = specifier.startsWith('.') ? byPath.get(resolveRelative(file, specifier)) : undefined
      if (next !== undefined) visit(next, [...trail, file.path])
    }
    done.add(file.path)
  }
  for (const file of product) visit(file, [])
  assert.deepEqual(circles, [])
})
