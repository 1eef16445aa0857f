import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegexSubstitution } from './regex-substitution.js'

const rows: [title: string, pattern: string, substitution: string, input: string, output: string][] = [
  ['groups by number', '^/service/([^/]+)(/.*)$', '\\2/instance/\\1', '/service/foo/v1/api', '/v1/api/instance/foo'],
  ['every match', 'one', 'two', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/two/zzz'],
  ['the first match only', '^(.*?)one(.*)$', '\\1two\\2', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/one/zzz'],
  ['without case', '(?i)/xxx/', '/yyy/', '/aaa/XxX/bbb', '/aaa/yyy/bbb'],
  ['the whole match', '[a-z]+', '<\\0>', '/ab/c', '/<ab>/<c>'],
  ['a backslash', 'a', '\\\\', '/a', '/\\'],
  ['a dollar that is text', 'a', '$1', '/a', '/$1'],
  ['a group that caught nothing', '(a)|(b)', '[\\1\\2]', 'ab', '[a][b]'],
  ['no empty match behind a match', 'a*', '-', 'baac', '-b-c-'],
  ['no match', 'x', 'y', '/a', '/a'],
]
for (const [title, pattern, substitution, input, output] of rows) {
  test(`a substitution replaces ${title}`, () => {
    assert.equal(new RegexSubstitution(pattern, substitution).replaceAll(input), output)
  })
}

test('a substitution that is none of RE2 is refused', () => {
  for (const substitution of ['\\1', '\\x', 'a\\']) {
    assert.throws(() => new RegexSubstitution('a', substitution), { code: 'ERR_INMESH_REGEX' })
  }
  assert.throws(() => new RegexSubstitution('(', ''), { code: 'ERR_INMESH_REGEX' })
})
