import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegexSubstitution } from '../matching/regex-substitution.js'
import type { PathMatch } from '../model/match.js'
import type { RedirectAction } from '../model/route.js'
import { filterContext } from '../testing/exchange-fixtures.js'
import { request, route } from '../testing/fixtures.js'
import { compileAnswer } from './local-answer.js'

const EXACT: PathMatch = { kind: 'exact', value: '/old', caseSensitive: true }
const PREFIX: PathMatch = { kind: 'prefix', value: '/old', caseSensitive: true }

function location(
  action: Partial<RedirectAction>,
  url: { path?: string; authority?: string } = {},
  path: PathMatch = PREFIX,
): string | undefined {
  const answer = compileAnswer(route({ path }, { kind: 'redirect', status: 301, stripQuery: false, ...action }))
  return answer?.(filterContext({ request: request({ path: '/old/x?q=1', ...url }) })).headers?.[1]
}

test('what a redirect does not name stays as the request has it', () => {
  assert.equal(location({}), 'http://reviews/old/x?q=1')
  assert.equal(location({ scheme: 'https' }), 'https://reviews/old/x?q=1')
  assert.equal(location({ host: 'other:81' }), 'http://other:81/old/x?q=1')
})

test("a port takes the place of the request's", () => {
  assert.equal(location({ port: 81 }, { authority: 'reviews:9080' }), 'http://reviews:81/old/x?q=1')
  assert.equal(location({ port: 81 }, { authority: '[::1]:9080' }), 'http://[::1]:81/old/x?q=1')
  assert.equal(location({ port: 81 }, { authority: '[::1]' }), 'http://[::1]:81/old/x?q=1')
})

test('the port of the old scheme goes with it, any other stays', () => {
  assert.equal(location({ scheme: 'https' }, { authority: 'reviews:80' }), 'https://reviews/old/x?q=1')
  assert.equal(location({ scheme: 'https' }, { authority: 'reviews:9080' }), 'https://reviews:9080/old/x?q=1')
  assert.equal(location({ scheme: 'http' }, { authority: 'reviews:80' }), 'http://reviews:80/old/x?q=1')
})

test("a path takes the place of the request's, and keeps its query string unless it has one or it is stripped", () => {
  assert.equal(location({ path: '/new' }), 'http://reviews/new?q=1')
  assert.equal(location({ path: '/new', stripQuery: true }), 'http://reviews/new')
  assert.equal(location({ path: '/new?own', stripQuery: true }), 'http://reviews/new?own')
  assert.equal(location({ stripQuery: true }), 'http://reviews/old/x')
})

test('a prefix rewrite replaces what the route matched', () => {
  const rewrite = { kind: 'prefix', value: '/new' } as const
  assert.equal(location({ rewrite }), 'http://reviews/new/x?q=1')
  assert.equal(location({ rewrite }, { path: '/old?q=1' }, EXACT), 'http://reviews/new?q=1')
  assert.equal(location({ rewrite, stripQuery: true }), 'http://reviews/new/x')
})

test('an expression rewrites the path without its query string', () => {
  const rewrite = { kind: 'regex', rewrite: new RegexSubstitution('[a-z]', 'n') } as const
  assert.equal(location({ rewrite }), 'http://reviews/nnn/n?q=1')
})

test('a direct response has its status and body, and a location only where its status asks for one', () => {
  const reply = (status: number) =>
    compileAnswer(route({}, { kind: 'direct-response', status, body: 'b' }))!(
      filterContext({ request: request({ path: '/a?b' }) }),
    )
  const { httpStatus, grpcStatus, body, headers, code, flag } = reply(404)
  assert.deepEqual([httpStatus, grpcStatus, body, headers, code, flag], [404, 12, 'b', [], undefined, '-'])
  assert.deepEqual(reply(201).headers, ['location', 'http://reviews/a?b'])
  assert.deepEqual(reply(302).headers, ['location', 'http://reviews/a?b'])
})
