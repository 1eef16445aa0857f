import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type FieldRuleKind, fieldRules, laterRules } from '../testing/field-rules.js'

const folder = new URL('../../src/resource/', import.meta.url)

/** Outcomes of the rows of all rule tables, by id; undefined for a row that takes its outcome from elsewhere. */
function outcomes(): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('-rules.test.ts') || file.startsWith('field-rules')) continue
    const [, ...rest] = readFileSync(new URL(file, folder), 'utf8').split(/\bid: '(?=[A-Z]+-\d+')/)
    for (const row of rest) {
      found.set(row.slice(0, row.indexOf("'")), /\boutcome: '([^']*)'/.exec(row)?.[1])
    }
  }
  return found
}

function fits(kind: FieldRuleKind, outcome: string | undefined): boolean {
  if (outcome === undefined) return kind === 'valid'
  switch (kind) {
    case 'malformed':
      return outcome === 'malformed'
    case 'valid':
      return outcome === 'carried' || outcome === 'empty'
    case 'one view':
      return /^(?:HTTP|gRPC) (?:refused|skipped)$/.test(outcome)
    case 'unsupported':
      return outcome !== 'malformed' && outcome !== 'carried'
  }
}

const rows = outcomes()
const rules = Object.values(fieldRules).flat()

test('every rule of the field has rows in the rule tables', () => {
  const missing = rules.flatMap(([rule, , ids]) =>
    ids.split(' ').flatMap((id) => (rows.has(id) ? [] : `${id}: ${rule}`)),
  )
  assert.deepEqual(missing, [])
})

test('the rows of a rule show what the rule is here: malformed, unsupported, of one view, or valid', () => {
  const wrong = rules.flatMap(([rule, kind, ids]) =>
    ids
      .split(' ')
      .filter((id) => rows.has(id) && !fits(kind, rows.get(id)))
      .map((id) => `${id}: ${rule}: ${kind}, and ${rows.get(id)}`),
  )
  assert.deepEqual(wrong, [])
})

test('a rule stands once', () => {
  const names = [...rules, ...laterRules].map(([rule]) => rule).filter((rule) => !rule.startsWith('...'))
  assert.equal(new Set(names).size, names.length)
})
