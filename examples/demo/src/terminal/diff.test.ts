import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unifiedDiff } from './diff.js'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`)

function diffOf(before: readonly string[], after: readonly string[]): readonly string[] {
  return unifiedDiff('file', `${before.join('\n')}\n`, `${after.join('\n')}\n`)
}

test('a changed line is shown between two lines of context on each side', () => {
  const before = numbered(9)
  const after = before.with(4, 'changed')
  assert.deepEqual(diffOf(before, after), [
    '--- file',
    '+++ file',
    '@@ -3,5 +3,5 @@',
    ' line 3',
    ' line 4',
    '-line 5',
    '+changed',
    ' line 6',
    ' line 7',
  ])
})

test('changes whose contexts touch are one hunk, others are two', () => {
  const before = numbered(20)
  const heads = (after: readonly string[]): readonly string[] =>
    diffOf(before, after).filter((line) => line.startsWith('@@'))
  assert.deepEqual(heads(before.with(2, 'x').with(7, 'y')), ['@@ -1,10 +1,10 @@'])
  assert.deepEqual(heads(before.with(2, 'x').with(8, 'y')), ['@@ -1,5 +1,5 @@', '@@ -7,5 +7,5 @@'])
})

test('lines that were added or removed shift the numbers of what follows', () => {
  const before = numbered(12)
  const after = [...before.slice(0, 1), 'new', ...before.slice(1, 10), ...before.slice(11)]
  assert.deepEqual(diffOf(before, after), [
    '--- file',
    '+++ file',
    '@@ -1,3 +1,4 @@',
    ' line 1',
    '+new',
    ' line 2',
    ' line 3',
    '@@ -9,4 +10,3 @@',
    ' line 9',
    ' line 10',
    '-line 11',
    ' line 12',
  ])
})

test('equal texts have no difference', () => {
  assert.deepEqual(diffOf(numbered(3), numbered(3)), [])
})
