import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PathMatch } from '../model/match.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { PathIndex } from './path-index.js'
import { SafeRegex } from './safe-regex.js'

const always = (): boolean => true

function index(...matches: PathMatch[]): PathIndex {
  const paths = new PathIndex()
  for (const [position, match] of matches.entries()) paths.add(position, match)
  return paths
}

const exact = (value: string, caseSensitive = true): PathMatch => ({ kind: 'exact', value, caseSensitive })
const prefix = (value: string, caseSensitive = true): PathMatch => ({ kind: 'prefix', value, caseSensitive })
const separated = (value: string): PathMatch => ({ kind: 'path-separated-prefix', value, caseSensitive: true })
const regex = (pattern: string): PathMatch => ({ kind: 'regex', regex: new SafeRegex(pattern) })

test('the first route that matches wins, not the most specific one', () => {
  assert.equal(index(prefix('/'), exact('/a')).first('/a', undefined, always), 0)
  assert.equal(index(exact('/a'), prefix('/')).first('/a', undefined, always), 0)
  assert.equal(index(regex('/.*'), exact('/a')).first('/a', undefined, always), 0)
})

test('a candidate that is refused gives way to the next in order', () => {
  const paths = index(exact('/a'), regex('/a'), prefix('/'), prefix('/a'))
  const seen: number[] = []
  const found = paths.first('/a', seen, (position, list) => {
    list.push(position)
    return position === 3
  })
  assert.equal(found, 3)
  assert.deepEqual(seen, [0, 1, 2, 3])
})

test('a path-separated prefix matches itself and what is below it only', () => {
  const paths = index(separated('/api'))
  assert.equal(paths.first('/api', undefined, always), 0)
  assert.equal(paths.first('/api/x', undefined, always), 0)
  assert.equal(paths.first('/apix', undefined, always), -1)
})

test('a regular expression must match the whole path, alternatives included', () => {
  const paths = index(regex('/public|/health'))
  assert.equal(paths.first('/public', undefined, always), 0)
  assert.equal(paths.first('/publicXYZ', undefined, always), -1)
  assert.equal(paths.first('/x/health', undefined, always), -1)
})

test('case is ignored where the route says so', () => {
  assert.equal(index(exact('/Abc', false)).first('/aBC', undefined, always), 0)
  assert.equal(index(exact('/Abc')).first('/abc', undefined, always), -1)
  assert.equal(index(prefix('/Abc', false)).first('/ABCdef', undefined, always), 0)
})

function matchesNaively(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case 'exact':
      return path === match.value
    case 'prefix':
      return path.startsWith(match.value)
    case 'path-separated-prefix':
      return path === match.value || path.startsWith(`${match.value}/`)
    case 'regex':
      return match.regex.matches(path)
  }
}

test('the index finds what a search one by one finds', () => {
  const random = new SeededRandom(7)
  const piece = (): string => ['/a', '/ab', '/b', '/abc', '/a/b', 'c', '/'][random.below(7)]!
  const text = (): string => Array.from({ length: 1 + random.below(4) }, piece).join('')
  for (let round = 0; round < 300; round++) {
    const matches = Array.from({ length: 1 + random.below(30) }, (): PathMatch => {
      const make = [exact, prefix, separated, (value: string) => regex(`${value}.?`)][random.below(4)]!
      return make(text())
    })
    const paths = index(...matches)
    for (let probe = 0; probe < 20; probe++) {
      const path = text()
      const refused = random.below(3)
      let skipped = 0
      const accept = (): boolean => skipped++ >= refused
      const expected = matches.map((match, at) => (matchesNaively(match, path) ? at : -1)).filter((at) => at >= 0)
      assert.equal(paths.first(path, undefined, accept), expected[refused] ?? -1, `${path} in round ${round}`)
    }
  }
})
