import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UriTemplate } from './uri-template.js'

const matching: [template: string, path: string, expected: boolean][] = [
  ['/', '/', true],
  ['/a', '/a', true],
  ['/a', '/a/', false],
  ['/a.b', '/axb', false],
  ['/videos/*/*/*.m4s', '/videos/123414/hls/1080p5000_00001.m4s', true],
  ['/videos/*', '/videos/a/b', false],
  ['/videos/*', '/videos/', false],
  ['/**.mpd', '/content/123/india/dash/55/manifest.mpd', true],
  ['/a/**', '/a/', true],
  ['/a/**', '/a', false],
  ['/{country}/x', '/de/x', true],
  ['/{p=videos/*}/x', '/videos/1/x', true],
  ['/{p=videos/*}/x', '/other/1/x', false],
  ['/{p=**}', '/', true],
  ['/api/v{n}/x', '/api/v12/x', true],
  ['/a(b)+$', '/a(b)+$', true],
]
for (const [template, path, expected] of matching) {
  test(`${template} ${expected ? 'matches' : 'does not match'} ${path}`, () => {
    assert.equal(new UriTemplate(template).matches(path), expected)
  })
}

test('variables catch what they stand for', () => {
  const template = new UriTemplate('/api/{version}/{rest=**}')
  assert.deepEqual(template.variables, ['version', 'rest'])
  assert.equal(template.prefix, '/api/')
  assert.deepEqual(template.capture('/api/v1/a/b'), { version: 'v1', rest: 'a/b' })
  assert.equal(template.capture('/x'), undefined)
})

const wrong: [template: string, why: RegExp][] = [
  ['', /begin with a slash/],
  ['a', /begin with a slash/],
  ['/a b', /printable/],
  ['/{a', /not closed/],
  ['/{}', /no name/],
  ['/{1a}', /no name/],
  ['/{a_very_long_name_x}', /at most 16/],
  ['/{a}/{a}', /two variables named a/],
  ['/{a}/{b}/{c}/{d}/{e}/{f}', /more than 5/],
  ['/{a=}', /empty pattern/],
  ['/{a=*x}', /slash is missing/],
  ['/{a=x?}', /no text of a path/],
  ['/**/*', /follows \*\*/],
  ['/**/{a}', /follows \*\*/],
  ['//a', /two slashes/],
  ['/a*', /no text of a path/],
]
for (const [template, why] of wrong) {
  test(`${JSON.stringify(template)} is no template`, () => {
    assert.throws(() => new UriTemplate(template), why)
  })
}
