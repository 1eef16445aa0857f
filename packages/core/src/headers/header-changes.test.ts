import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatString } from '../format/format-string.js'
import type { HeaderAppendAction, HeaderOperations } from '../model/header-operations.js'
import { filterContext, ListEditor } from '../testing/exchange-fixtures.js'
import { request } from '../testing/fixtures.js'
import { HeaderChanges } from './header-changes.js'

function operations(
  add: readonly (readonly [name: string, value: string, action: HeaderAppendAction, keepEmpty?: boolean])[],
  remove: readonly string[] = [],
): HeaderOperations {
  const additions = add.map(([name, value, action, keepEmpty = false]) => {
    return { name, value: FormatString.parse(value) as FormatString, action, keepEmpty }
  })
  return { remove, add: additions }
}

function changed(before: string[], ...levels: readonly HeaderOperations[]): string[] {
  const headers = new ListEditor(before)
  const list = levels.map((requestHeaders) => ({ requestHeaders }))
  const context = filterContext({ request: { ...request(), header: (name) => headers.get(name) } })
  HeaderChanges.compile(list, 'requestHeaders')?.apply(headers, context)
  return headers.list
}

test('each action does with a header that is there what it says', () => {
  const there = ['a', '1']
  assert.deepEqual(changed([...there], operations([['a', '2', 'append']])), ['a', '1', 'a', '2'])
  assert.deepEqual(changed([...there], operations([['a', '2', 'add-if-absent']])), there)
  assert.deepEqual(changed([...there], operations([['a', '2', 'overwrite']])), ['a', '2'])
  assert.deepEqual(changed([...there], operations([['a', '2', 'overwrite-if-present']])), ['a', '2'])
})

test('each action does with a header that is not there what it says', () => {
  assert.deepEqual(changed([], operations([['a', '2', 'append']])), ['a', '2'])
  assert.deepEqual(changed([], operations([['a', '2', 'add-if-absent']])), ['a', '2'])
  assert.deepEqual(changed([], operations([['a', '2', 'overwrite']])), ['a', '2'])
  assert.deepEqual(changed([], operations([['a', '2', 'overwrite-if-present']])), [])
})

test('an empty value is left out unless it is to be kept', () => {
  assert.deepEqual(changed(['a', '1'], operations([['a', '%REQ(none)%', 'overwrite']])), ['a', '1'])
  assert.deepEqual(changed(['a', '1'], operations([['a', '', 'overwrite', true]])), ['a', ''])
})

test('removing goes first, overwriting before adding, and values are those from before', () => {
  const level = operations(
    [
      ['c', '%REQ(a)%', 'append'],
      ['a', '%REQ(b)%', 'overwrite'],
      ['d', '%REQ(b)%', 'overwrite'],
    ],
    ['b'],
  )
  assert.deepEqual(changed(['a', '1', 'b', '2'], level), ['a', '1', 'c', '1'])
  const both = operations([
    ['c', '%REQ(a)%', 'append'],
    ['a', '2', 'overwrite'],
  ])
  assert.deepEqual(changed(['a', '1'], both), ['a', '2', 'c', '1'])
})

test('a level sees what the levels before it made', () => {
  const first = operations([['a', '1', 'append']])
  const second = operations([['b', '%REQ(a)%', 'append']], ['x'])
  assert.deepEqual(changed(['x', '0'], first, second), ['a', '1', 'b', '1'])
})

test('levels that change nothing are none', () => {
  assert.equal(HeaderChanges.compile([{}, { responseHeaders: operations([]) }], 'requestHeaders'), undefined)
})
