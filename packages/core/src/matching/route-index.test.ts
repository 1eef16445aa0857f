import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PathMatch, RouteMatch } from '../model/match.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { request } from '../testing/fixtures.js'
import { RouteIndex } from './route-index.js'
import { SafeRegex } from './safe-regex.js'
import { UriTemplate } from './uri-template.js'

const always = (): boolean => true

const GET = request()

function index(...paths: PathMatch[]): RouteIndex {
  return new RouteIndex(paths.map((path): RouteMatch => ({ path, headers: [], grpcOnly: false })))
}

const exact = (value: string, caseSensitive = true): PathMatch => ({ kind: 'exact', value, caseSensitive })
const prefix = (value: string, caseSensitive = true): PathMatch => ({ kind: 'prefix', value, caseSensitive })
const separated = (value: string): PathMatch => ({ kind: 'path-separated-prefix', value, caseSensitive: true })
const regex = (pattern: string): PathMatch => ({ kind: 'regex', regex: new SafeRegex(pattern) })
const template = (text: string): PathMatch => ({ kind: 'template', template: new UriTemplate(text) })

test('the first route that matches wins, not the most specific one', () => {
  assert.equal(index(prefix('/'), exact('/a')).first('/a', GET, always), 0)
  assert.equal(index(exact('/a'), prefix('/')).first('/a', GET, always), 0)
  assert.equal(index(regex('/.*'), exact('/a')).first('/a', GET, always), 0)
})

test('a candidate that is refused gives way to the next in order', () => {
  const paths = index(exact('/a'), regex('/a'), prefix('/'), prefix('/a'))
  const seen: number[] = []
  const found = paths.first('/a', GET, (position) => {
    seen.push(position)
    return position === 3
  })
  assert.equal(found, 3)
  assert.deepEqual(seen, [0, 1, 2, 3])
})

test('a path-separated prefix matches itself and what is below it only', () => {
  const paths = index(separated('/api'))
  assert.equal(paths.first('/api', GET, always), 0)
  assert.equal(paths.first('/api/x', GET, always), 0)
  assert.equal(paths.first('/apix', GET, always), -1)
})

test('a regular expression must match the whole path, alternatives included', () => {
  const paths = index(regex('/public|/health'))
  assert.equal(paths.first('/public', GET, always), 0)
  assert.equal(paths.first('/publicXYZ', GET, always), -1)
  assert.equal(paths.first('/x/health', GET, always), -1)
})

test('case is ignored where the route says so', () => {
  assert.equal(index(exact('/Abc', false)).first('/aBC', GET, always), 0)
  assert.equal(index(exact('/Abc')).first('/abc', GET, always), -1)
  assert.equal(index(prefix('/Abc', false)).first('/ABCdef', GET, always), 0)
})

function matchesNaively(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case 'exact':
      return path === match.value
    case 'prefix':
      return match.caseSensitive
        ? path.startsWith(match.value)
        : path.toLowerCase().startsWith(match.value.toLowerCase())
    case 'path-separated-prefix':
      return path === match.value || path.startsWith(`${match.value}/`)
    case 'regex':
      return match.regex.matches(path)
    case 'template':
      return match.template.matches(path)
  }
}

const optional = (value: string): PathMatch => regex(`${value}.?`)
const either = (value: string): PathMatch => regex(`${value}|/b`)
const ignoring = (value: string): PathMatch => prefix(value, false)

test('the index finds what a search one by one finds', () => {
  const random = new SeededRandom(7)
  const piece = (): string => ['/a', '/ab', '/b', '/abc', '/a/b', '/C'][random.below(6)]!
  const text = (): string => Array.from({ length: 1 + random.below(4) }, piece).join('')
  for (let round = 0; round < 300; round++) {
    const matches = Array.from({ length: 1 + random.below(30) }, (): PathMatch => {
      const kinds = [exact, prefix, separated, optional, either, template, ignoring]
      return kinds[random.below(kinds.length)]!(text())
    })
    const paths = index(...matches)
    for (let probe = 0; probe < 20; probe++) {
      const path = text()
      const refused = random.below(3)
      let skipped = 0
      const accept = (): boolean => skipped++ >= refused
      const expected = matches.map((match, at) => (matchesNaively(match, path) ? at : -1)).filter((at) => at >= 0)
      assert.equal(paths.first(path, GET, accept), expected[refused] ?? -1, `${path} in round ${round}`)
    }
  }
})

const keyed = (values: readonly string[]): RouteIndex =>
  new RouteIndex(
    values.map((value): RouteMatch => {
      const headers = [
        {
          name: 'x-user',
          value: { kind: 'exact', value, ignoreCase: false },
          invert: false,
          treatMissingAsEmpty: false,
        },
      ] as const
      return {
        path: { kind: 'prefix', value: '/', caseSensitive: true },
        headers: value === '' ? [] : headers,
        grpcOnly: false,
      }
    }),
  )

test('of many routes for one path only those are looked at whose exact header the request has', () => {
  const users = Array.from({ length: 1000 }, (_, user) => `u${user}`)
  const routes = keyed([...users, 'u7', ''])
  const asked: number[] = []
  const refuse = (position: number): boolean => {
    asked.push(position)
    return false
  }
  routes.first('/x', request({ headers: { 'x-user': 'u7' } }), refuse)
  assert.deepEqual(asked, [7, 1000, 1001])
  asked.length = 0
  routes.first('/x', request(), refuse)
  assert.deepEqual(asked, [1001])
})
