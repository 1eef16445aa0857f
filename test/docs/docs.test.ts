import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { errorCodes } from '@inmesh/core'
import { type CodeBlock, codeBlocks, pages, pageText, ROOT } from './markdown.js'

/** Scripts by name, those of the workspace and of every example. */
const scripts = new Set(
  ['.', ...readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}`)]
    .map((folder) => join(ROOT, folder, 'package.json'))
    .filter((file) => existsSync(file))
    .flatMap((file) => Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { scripts?: object }).scripts ?? {})),
)

/** Languages of blocks that are not code: drawings and what a program prints. */
const PROSE = ['text']

/** What a shell block may hold, each with what must be true of it. The commands themselves run in the gate or in a test of the examples. */
const COMMANDS: readonly [pattern: RegExp, holds: (match: RegExpExecArray) => boolean][] = [
  [/^npm test(?:\s+#.*)?$/, () => scripts.has('test')],
  [/^(?:[A-Z_]+=\S+ )*npm run ([\w:-]+)(?: -- .*)?(?:\s+#.*)?$/, (match) => scripts.has(match[1]!)],
  [/^npx inmesh (\w+)\b.*$/, (match) => ['dev', 'check', 'bootstrap'].includes(match[1]!)],
  [
    /^(?:[A-Z_]+=\S+ )*node(?: --(?:import|require) (?:inmesh|@inmesh\/otel)\/register)+ (\S+)$/,
    ([, file]) => existsSync(join(ROOT, file!)),
  ],
  [/^cd examples\/([\w-]+)$/, (match) => existsSync(join(ROOT, 'examples', match[1]!))],
]

/** A block of an example names its file in its first line and is, to the letter, a part of that file, which a test runs. */
function assertFromExample({ page, line, code }: CodeBlock): void {
  const place = `${page}:${line}`
  const [header = '', ...rest] = code.split('\n')
  const path = /^(?:\/\/|#) (examples\/\S+|packages\/\S+\.test\.ts)$/.exec(header)?.[1]
  assert.ok(path !== undefined, `${place}: the first line must name a file: // examples/... or // packages/....test.ts`)
  assert.ok(existsSync(join(ROOT, path)), `${place}: ${path} does not exist`)
  const text = withoutIndentation(readFileSync(join(ROOT, path), 'utf8'))
  assert.ok(text.includes(withoutIndentation(rest.join('\n')).trim()), `${place}: differs from ${path}`)
}

/** A part of a function stands further left on a page. */
function withoutIndentation(code: string): string {
  return code.replace(/^[ \t]+/gm, '')
}

function assertCommands({ page, line, code }: CodeBlock): void {
  for (const command of code.split('\n').map((text) => text.trim())) {
    if (command === '' || command.startsWith('#')) continue
    const known = COMMANDS.some(([pattern, holds]) => {
      const match = pattern.exec(command)
      return match !== null && holds(match)
    })
    assert.ok(known, `${page}:${line}: cannot check "${command}"`)
  }
}

for (const page of pages()) {
  test(`${page}: every block of code is a part of an example or a command that exists`, () => {
    for (const block of codeBlocks(page)) {
      if (PROSE.includes(block.language)) continue
      if (block.language === 'sh') assertCommands(block)
      else assertFromExample(block)
    }
  })

  test(`${page}: every link within the repository leads somewhere`, () => {
    for (const [, target] of pageText(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(ROOT, dirname(page), target!)), `${page} links to ${target}`)
    }
  })
}

test('docs/errors.md lists every error code with its meaning, and no other', () => {
  const rows = [...pageText('docs/errors.md').matchAll(/^\| `(ERR_INMESH_\w+)` +\| (.*?) +\|$/gm)]
  assert.deepEqual(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning])), { ...errorCodes })
})
