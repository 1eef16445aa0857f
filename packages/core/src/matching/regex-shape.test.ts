import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../ports/seeded-random.js'
import { regexShape } from './regex-shape.js'
import { SafeRegex } from './safe-regex.js'

test('a pattern that is a list of texts is known as one', () => {
  const texts = (pattern: string): readonly string[] | undefined => {
    const { literals } = regexShape(pattern)
    return literals && [...literals]
  }
  assert.deepEqual(texts('/a'), ['/a'])
  assert.deepEqual(texts('^/a\\.b$'), ['/a.b'])
  assert.deepEqual(texts('/public|/health'), ['/public', '/health'])
  assert.deepEqual(texts('a|'), ['a', ''])
  assert.equal(texts('/a.'), undefined)
  assert.equal(texts('(?i)a'), undefined)
  assert.equal(texts('a\\d'), undefined)
  assert.equal(texts('a|b\\Q|\\E'), undefined)
})

test('the prefix is what every match begins with', () => {
  const prefixes: [pattern: string, prefix: string][] = [
    ['/api/v[0-9]+/.*', '/api/v'],
    ['/ab*', '/a'],
    ['/ab+', '/a'],
    ['/ab{2}', '/a'],
    ['/ab?', '/a'],
    ['/a|/b.*', '/'],
    ['/a(b|c)|/ad', '/a'],
    ['/x[|]y', '/x'],
    ['/x[]|]y|z', ''],
    ['/x\\|y.', '/x|y'],
    ['[[:alpha:](]|b.', ''],
    ['/😀*x', '/'],
    ['.*', ''],
  ]
  for (const [pattern, prefix] of prefixes) assert.equal(regexShape(pattern).prefix, prefix, pattern)
})

test('a line break is no character for a dot', () => {
  const regex = new SafeRegex('/a.*')
  assert.equal(regex.matches('/abc'), true)
  assert.equal(regex.matches('/ab\nc'), false)
  assert.equal(regex.matches('/'), false)
})

test('text compared as text gives the answer of the engine', () => {
  const random = new SeededRandom(11)
  const pieces = ['a', 'b', '\\.', '.', '*', '|', '(a|b)', '[ab]', '?', '.*', '^', '$', 'a{2}', '\\Qa|\\E', '(?:b)']
  const inputs = ['', 'a', 'b', 'ab', 'ba', 'aa', 'a.', '.', 'abab', 'a|', 'a\nb', 'aab', 'bb']
  let compared = 0
  for (let round = 0; round < 3000; round++) {
    const pattern = Array.from({ length: 1 + random.below(5) }, () => pieces[random.below(pieces.length)]!).join('')
    let regex: SafeRegex
    let engine: SafeRegex
    try {
      regex = new SafeRegex(pattern)
      // A group hides the text from the look at the pattern and changes nothing else.
      engine = new SafeRegex(`(?:${pattern})`)
    } catch {
      continue
    }
    for (const input of inputs) {
      compared++
      assert.equal(regex.matches(input), engine.matches(input), `${pattern} on ${JSON.stringify(input)}`)
    }
  }
  assert.ok(compared > 10_000)
})
