import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, sourceFiles, withoutComments } from './source-files.js'

const MAX_LINES = 400
const MAX_TEST_LINES = 600

/** The files that are the ports: nothing else reads the machine's clock or throws its dice. */
const PORTS = ['packages/core/src/ports/system-clock.ts', 'packages/core/src/ports/system-random.ts']

/** Waits for a turn of the event loop, not for time: what node:http2 submitted is written by then. */
const TURNS = ['packages/http/src/server/http2-sessions.ts']

const BANNED: readonly [what: string, pattern: RegExp, except: readonly string[]][] = [
  ['the clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/, PORTS],
  // Sockets have a method of that name, which is none of node's timers.
  ['turns of the event loop', /(?<!\.)\bsetImmediate\s*\(/, TURNS],
  ['timers', /(?<!\.)\b(?:setTimeout|setInterval)\s*\((?!.*\): this \{$)|node:timers/, PORTS],
  ['dice', /\bMath\.random\b|\brandom(?:Bytes|Int|UUID|FillSync|Fill)\b|\bgetRandomValues\b/, PORTS],
]

const files = sourceFiles()

test(`no source file is longer than ${MAX_LINES} lines, no test longer than ${MAX_TEST_LINES}`, () => {
  const long = files
    .map((file) => ({ ...file, lines: file.text.split('\n').length - 1 }))
    .filter(({ isTest, lines }) => lines > (isTest ? MAX_TEST_LINES : MAX_LINES))
    .map(({ path, lines }) => `${path}: ${lines}`)
  assert.deepEqual(long, [])
})

test('file names are nouns in kebab case', () => {
  const wrong = files
    .filter(({ path }) => !/^[a-z0-9-]+(\.test)?\.ts$/.test(path.split('/').at(-1)!))
    .map(({ path }) => path)
  assert.deepEqual(wrong, [])
})

for (const [what, pattern, except] of BANNED) {
  test(`${what} are reached through the ports only`, () => {
    const wrong = files
      .filter((file) => !file.isTest && !except.includes(file.path))
      .flatMap((file) =>
        withoutComments(file.text)
          .split('\n')
          .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
      )
    assert.deepEqual(wrong, [])
  })
}

test('no module keeps state of its own', () => {
  const wrong = files
    .filter((file) => !file.isTest)
    .flatMap((file) =>
      withoutComments(file.text)
        .split('\n')
        .flatMap((line, index) =>
          /^(?:export )?(?:let|var) /.test(line) ? [`${file.path}:${index + 1}: ${line}`] : [],
        ),
    )
  assert.deepEqual(wrong, [])
})

test('package-lock.json names no registry', () => {
  assert.doesNotMatch(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), /"resolved": "http/)
})

test('package-lock.json holds the packages of every platform, or npm ci would fail on the others', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
      .map((name) => `${path}: ${name}`),
  )
  assert.deepEqual(missing, [])
})

test('no tracked file holds a path of a machine', {
  skip: !existsSync(join(ROOT, '.git')) && 'not a git checkout',
}, () => {
  const folder = join(ROOT, '..').replace(/\/$/, '')
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  // A checkout right below the root folder has no path worth looking for.
  const wrong =
    folder === ''
      ? []
      : tracked.filter(
          (path) => existsSync(join(ROOT, path)) && readFileSync(join(ROOT, path), 'utf8').includes(`${folder}/`),
        )
  assert.deepEqual(wrong, [])
})
