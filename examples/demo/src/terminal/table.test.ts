import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from './table.js'

test('columns are as wide as their widest cell, and numbers stand to the right', () => {
  assert.deepEqual(
    table(
      ['phase', 'sent', 'allowed'],
      [
        ['start', '7', '1 to 3'],
        ['canary', '2,431'],
      ],
    ),
    ['phase    sent  allowed', '------  -----  -------', 'start       7  1 to 3', 'canary  2,431'],
  )
})

test('colours take no room', () => {
  const [, rule, row] = table(['a', 'b'], [['\x1b[31mred\x1b[39m', 'x']])
  assert.equal(rule, '---  -')
  assert.equal(row, '\x1b[31mred\x1b[39m  x')
})

test('a table without rows has a head', () => {
  assert.deepEqual(table(['one', 'two'], []), ['one  two', '---  ---'])
})
