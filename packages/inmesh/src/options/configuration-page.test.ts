import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODE_OPTIONS, OPTION_TABLE } from './option-table.js'
import { REGISTER_TABLE } from './register-options.js'

const ROOT = new URL('../../../../', import.meta.url)

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** The lines of the page's table, from the tables in the code. */
function rows(): string[] {
  const ofMesh = Object.entries(OPTION_TABLE).map(([name, row]) => [`\`${name}\``, row] as const)
  const ofRegister = Object.values(REGISTER_TABLE).map((row) => ['', row] as const)
  return [...ofMesh, ...ofRegister].map(
    ([name, { variable, written, byDefault }]) => `| ${name} | \`${variable}\` | ${written} | ${byDefault} |`,
  )
}

test('docs/configuration.md lists every option with its variable, its notation and its default', () => {
  const listed = text('docs/configuration.md')
    .split('\n')
    .filter((line) => /^\| \S* ?\| `INMESH_/.test(line))
  assert.deepEqual(listed, rows())
})

test('every option of createMesh() has a variable, which its description names, or is for code only', () => {
  const source = text('packages/inmesh/src/options/mesh-options.ts')
  const body = source.slice(source.indexOf('export interface MeshOptions {'))
  const described = [...body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\?:/gs)]
  const variables = new Map<string, string>(Object.entries(OPTION_TABLE).map(([name, row]) => [name, row.variable]))
  assert.deepEqual(described.map(([, , name]) => name!).sort(), [...variables.keys(), ...CODE_OPTIONS].sort())
  for (const [, description, name] of described) {
    const named = variables.get(name!)
    assert.ok(description!.includes(named === undefined ? 'Code only' : `\`${named}\``), name)
  }
})
