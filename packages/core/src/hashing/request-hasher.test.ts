import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegexSubstitution } from '../matching/regex-substitution.js'
import type { HashPolicy } from '../model/hash-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { request } from '../testing/fixtures.js'
import type { HashedCall, RequestHash } from './request-hash.js'
import { RequestHasher } from './request-hasher.js'
import { XxHash64 } from './xx-hash.js'

class RecordingCall implements HashedCall {
  readonly random = new SeededRandom(1)
  readonly headers: (readonly [string, string])[] = []

  addResponseHeader(name: string, value: string): void {
    this.headers.push([name, value])
  }
}

function header(name: string, terminal = false): HashPolicy {
  return { kind: 'header', name, terminal }
}

const COOKIE: HashPolicy = {
  kind: 'cookie',
  name: 'user',
  ttlSeconds: 60,
  path: '/shop',
  attributes: [
    { name: 'SameSite', value: 'Strict' },
    { name: 'Secure', value: '' },
  ],
  terminal: false,
}

function hash(policies: readonly HashPolicy[], of: Parameters<typeof request>[0], call = new RecordingCall()): bigint {
  const found = new RequestHasher(policies).hash(request(of), call)
  return found === undefined ? -1n : asBigInt(found)
}

function asBigInt({ high, low }: RequestHash): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

function xx(text: string): bigint {
  const { high, low } = new XxHash64().hash(text)
  return asBigInt({ high: high >>> 0, low: low >>> 0 })
}

function rotated(value: bigint): bigint {
  return BigInt.asUintN(64, value << 1n) | (value >> 63n)
}

test('a header is hashed by XXH64, and a request without it has no hash', () => {
  assert.equal(hash([header('x-user')], { headers: { 'x-user': 'ann' } }), xx('ann'))
  assert.equal(hash([header('x-user')], { headers: { 'x-user': '' } }), xx(''))
  assert.equal(hash([header('x-user')], {}), -1n)
})

test('several policies are rotated and combined, and one that finds nothing changes nothing', () => {
  const headers = { a: '1', b: '2' }
  assert.equal(hash([header('a'), header('b')], { headers }), rotated(xx('1')) ^ xx('2'))
  assert.notEqual(hash([header('a'), header('a')], { headers }), 0n, 'the same twice does not cancel out')
  assert.equal(hash([header('none'), header('b')], { headers }), xx('2'))
})

test('a terminal policy ends the hash only once there is one', () => {
  const headers = { b: '2', c: '3' }
  assert.equal(hash([header('b', true), header('c')], { headers }), xx('2'))
  assert.equal(hash([header('none', true), header('c')], { headers }), xx('3'))
  // The terminal policy finds nothing, but an earlier one has (Envoy and gRFC A42 look at the hash so far).
  assert.equal(hash([header('b'), header('none', true), header('c')], { headers }), xx('2'))
})

test('an expression rewrites the header first', () => {
  const rewrite = new RegexSubstitution('^/users/([^/]+)/.*$', '\\1')
  const policy: HashPolicy = { kind: 'header', name: ':path', rewrite, terminal: false }
  assert.equal(hash([policy], { path: '/users/ann/orders' }), xx('ann'))
})

test('a query parameter and the address of the client are hashed', () => {
  const query: HashPolicy = { kind: 'query-parameter', name: 'user', terminal: false }
  assert.equal(hash([query], { path: '/cart?x=1&user=ann' }), xx('ann'))
  assert.equal(hash([query], { path: '/cart' }), -1n)
  const address: HashPolicy = { kind: 'client-address', terminal: false }
  assert.equal(hash([address], { clientAddress: '192.0.2.7' }), xx('192.0.2.7'))
  assert.equal(hash([address], { clientAddress: '' }), -1n)
  assert.equal(hash([address], {}), -1n)
})

test('a cookie that is there is hashed and none is made up', () => {
  const call = new RecordingCall()
  assert.equal(hash([COOKIE], { headers: { cookie: 'a=b; user="ann"' } }, call), xx('ann'))
  assert.deepEqual(call.headers, [])
})

test('a cookie that is missing is made up and given to the caller, who then comes back with the same hash', () => {
  const call = new RecordingCall()
  const first = hash([COOKIE], {}, call)
  assert.equal(call.headers.length, 1)
  const [name, value] = call.headers[0]!
  assert.equal(name, 'set-cookie')
  assert.match(value, /^user="[0-9a-f]{16}"; Max-Age=60; Path=\/shop; SameSite=Strict; Secure; HttpOnly$/)
  assert.equal(hash([COOKIE], { headers: { cookie: value.split(';')[0]! } }), first)
})

test('a cookie of a session has no age, and without a time to live none is made up', () => {
  const call = new RecordingCall()
  hash([{ kind: 'cookie', name: 'c', ttlSeconds: 0, path: '', attributes: [], terminal: false }], {}, call)
  assert.match(call.headers[0]![1], /^c="[0-9a-f]{16}"; HttpOnly$/)
  assert.equal(hash([{ kind: 'cookie', name: 'c', path: '/', attributes: [], terminal: false }], {}), -1n)
})

test('gRPC follows headers and the channel and passes the rest by (gRFC A42)', () => {
  const channel = { high: 0xffff_ffff, low: 7 }
  const policies: HashPolicy[] = [{ kind: 'query-parameter', name: 'q', terminal: true }, COOKIE]
  assert.equal(hash(policies, { view: 'grpc', path: '/s/m?q=1' }), -1n)
  const byChannel: HashPolicy = { kind: 'channel', terminal: false }
  assert.equal(hash([...policies, byChannel], { view: 'grpc', channel }), asBigInt(channel))
  assert.equal(hash([byChannel], { channel }), -1n, 'HTTP has no channel')
  assert.equal(hash([header('x-bin')], { view: 'grpc', headers: { 'x-bin': 'a' } }), -1n)
})
