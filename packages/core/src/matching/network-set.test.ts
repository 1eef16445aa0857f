import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNetwork, NetworkSet } from './network-set.js'

test('an address is in a network of its family', () => {
  const networks = new NetworkSet(['10.0.0.5/8', 'fd00::/8', '192.0.2.7'])
  for (const inside of ['10.200.0.1', 'fd12::1', '192.0.2.7', '::ffff:10.1.2.3'])
    assert.ok(networks.has(inside), inside)
  for (const outside of ['11.0.0.1', 'fe80::1', '192.0.2.8', '', 'reviews', '10.0.0.1:80']) {
    assert.ok(!networks.has(outside), outside)
  }
})

test('what is no network is told', () => {
  for (const block of ['10.0.0.0/8', '::/0', '::1']) assert.ok(isNetwork(block), block)
  for (const block of ['10.0.0.0/33', '10.0.0/8', 'x/8', '10.0.0.0/', '::1/129', ''])
    assert.ok(!isNetwork(block), block)
  assert.throws(() => new NetworkSet(['x']), /"x" is neither/)
})
