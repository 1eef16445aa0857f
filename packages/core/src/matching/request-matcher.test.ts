import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderMatch, StringMatch } from '../model/match.js'
import { request } from '../testing/fixtures.js'
import { compileHeaderMatch } from './request-matcher.js'
import { SafeRegex } from './safe-regex.js'

type Options = { invert?: boolean; treatMissingAsEmpty?: boolean }

function matches(
  value: HeaderMatch['value'],
  header: string | undefined,
  options: Options = {},
  name = 'x-test',
): boolean {
  const match = {
    name,
    value,
    invert: options.invert ?? false,
    treatMissingAsEmpty: options.treatMissingAsEmpty ?? false,
  }
  return compileHeaderMatch(match)(request({ headers: header === undefined ? {} : { [name]: header } }))
}

const text = (kind: 'exact' | 'prefix' | 'suffix' | 'contains', value: string, ignoreCase = false): StringMatch => ({
  kind,
  value,
  ignoreCase,
})

const table: [
  title: string,
  value: HeaderMatch['value'],
  header: string | undefined,
  options: Options,
  expected: boolean,
][] = [
  ['exact', text('exact', 'a'), 'a', {}, true],
  ['exact, joined values', text('exact', 'a,b'), 'a,b', {}, true],
  ['exact, other', text('exact', 'a'), 'b', {}, false],
  ['exact, empty expected', text('exact', ''), '', {}, true],
  ['exact, case counts', text('exact', 'a'), 'A', {}, false],
  ['exact, case ignored', text('exact', 'abc', true), 'aBC', {}, true],
  ['prefix', text('prefix', 'ab'), 'abc', {}, true],
  ['suffix', text('suffix', 'bc'), 'abc', {}, true],
  ['contains', text('contains', 'b'), 'abc', {}, true],
  ['contains, not there', text('contains', 'x'), 'abc', {}, false],
  ['regex matches whole', { kind: 'regex', regex: new SafeRegex('a.c') }, 'abc', {}, true],
  ['regex does not match a part', { kind: 'regex', regex: new SafeRegex('a.c') }, 'abcd', {}, false],
  ['range holds its start', { kind: 'range', start: 1, end: 5 }, '1', {}, true],
  ['range leaves out its end', { kind: 'range', start: 1, end: 5 }, '5', {}, false],
  ['range, negative', { kind: 'range', start: -5, end: 0 }, '-3', {}, true],
  ['range, no integer', { kind: 'range', start: 1, end: 5 }, '1.5', {}, false],
  ['range inverted, no integer', { kind: 'range', start: 1, end: 5 }, 'x', { invert: true }, true],
  ['absent', text('exact', 'a'), undefined, {}, false],
  ['absent does not match inverted either', text('exact', 'a'), undefined, { invert: true }, false],
  ['absent as empty', text('exact', ''), undefined, { treatMissingAsEmpty: true }, true],
  ['absent as empty, inverted', text('exact', 'a'), undefined, { treatMissingAsEmpty: true, invert: true }, true],
  ['inverted', text('exact', 'a'), 'b', { invert: true }, true],
  ['inverted, equal', text('exact', 'a'), 'a', { invert: true }, false],
  ['present', { kind: 'present', present: true }, 'x', {}, true],
  ['present, absent', { kind: 'present', present: true }, undefined, {}, false],
  ['present inverted, absent', { kind: 'present', present: true }, undefined, { invert: true }, true],
  ['not present, absent', { kind: 'present', present: false }, undefined, {}, true],
  ['not present inverted, there', { kind: 'present', present: false }, 'x', { invert: true }, true],
]

for (const [title, value, header, options, expected] of table) {
  test(`header condition: ${title}`, () => {
    assert.equal(matches(value, header, options), expected)
  })
}

test('pseudo-headers read the request line', () => {
  const view = request({ method: 'PUT', path: '/a?b=1', authority: 'shop:80' })
  const read = (name: string, value: string): boolean =>
    compileHeaderMatch({ name, value: text('exact', value), invert: false, treatMissingAsEmpty: false })(view)
  assert.ok(read(':method', 'PUT'))
  assert.ok(read(':path', '/a?b=1'))
  assert.ok(read(':authority', 'shop:80'))
  assert.ok(read('host', 'shop:80'))
})

test('a pattern that would take exponential time elsewhere is answered at once', () => {
  const value = { kind: 'regex', regex: new SafeRegex('(a+)+$') } as const
  assert.equal(matches(value, `${'a'.repeat(5000)}b`), false)
})

test('an invalid pattern is refused with its code', () => {
  assert.throws(() => new SafeRegex('a(?=b)'), { code: 'ERR_INMESH_REGEX' })
  assert.throws(() => new SafeRegex('('), { code: 'ERR_INMESH_REGEX' })
})
