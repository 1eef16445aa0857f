import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OutboundPolicy, type OutboundPolicyOptions } from './outbound-policy.js'

const LOCAL = ['localhost', 'api.localhost', '127.0.0.1', '127.8.8.8', '[::1]']
const OF_THE_LINK = ['169.254.169.254', '[fe80::1]', '[febf::1]']

describe('the hosts that the mesh looks at', () => {
  const cases: readonly [string, OutboundPolicyOptions, string, boolean][] = [
    ['a name', {}, 'reviews.shop', true],
    ...LOCAL.map((host): (typeof cases)[number] => ['this machine', {}, host, false]),
    ...OF_THE_LINK.map((host): (typeof cases)[number] => ['the link', {}, host, false]),
    ['an address', {}, '10.0.0.1', false],
    ['an IPv6 address', {}, '[2001:db8::1]', false],
    ['no host', {}, '', false],
    ['a name that is bypassed', { bypass: ['reviews.shop'] }, 'reviews.shop', false],
    ['a name that a pattern bypasses', { bypass: ['*.shop'] }, 'reviews.shop', false],
    ['a name that no pattern bypasses', { bypass: ['*.shop'] }, 'reviews.store', true],
    ['this machine, named', { addresses: ['localhost'] }, 'localhost', true],
    ['this machine, named by another of its names', { addresses: ['localhost'] }, '127.0.0.1', false],
    ['an address, named', { addresses: ['10.0.0.1'] }, '10.0.0.1', true],
    ['an IPv6 address, named without brackets', { addresses: ['::1'] }, '[::1]', true],
    ['an address, by a pattern', { addresses: ['*'] }, '10.0.0.1', false],
    ['the link, named', { addresses: ['169.254.169.254'] }, '169.254.169.254', false],
  ]
  for (const [what, options, host, met] of cases) {
    test(`${what} (${host || 'empty'}): ${met ? 'yes' : 'no'}`, () => {
      assert.equal(new OutboundPolicy(options).meets(host), met)
    })
  }
})

describe('the hosts outside the mesh that may be called', () => {
  const only: OutboundPolicyOptions = {
    unknown: 'registry-only',
    allowed: ['api.example.com', '*.vendor.com', '10.0.0.1'],
  }

  test('are all by default', () => {
    for (const host of ['other.example.com', '10.9.9.9', ...LOCAL])
      assert.equal(new OutboundPolicy().allows(host), true)
  })

  test('are those that are named where only the mesh may be called, and this machine', () => {
    const policy = new OutboundPolicy(only)
    for (const host of ['api.example.com', 'eu.vendor.com', '10.0.0.1', ...LOCAL, ...OF_THE_LINK]) {
      assert.equal(policy.allows(host), true, host)
    }
    for (const host of ['other.example.com', 'vendor.com', '10.0.0.2', '[2001:db8::1]']) {
      assert.equal(policy.allows(host), false, host)
    }
  })

  test('are those too that go past the mesh by name', () => {
    assert.equal(new OutboundPolicy({ ...only, bypass: ['old.example.com'] }).allows('old.example.com'), true)
  })
})
