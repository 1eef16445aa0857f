import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { TrustedNetworks } from './trusted-networks.js'

const peer = (remoteAddress: string | undefined): Socket => ({ remoteAddress }) as Socket

test('loopback is trusted by default, in both families and when mapped', () => {
  const networks = new TrustedNetworks()
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(networks.trusts(peer(address)), true, address)
  }
  for (const address of ['10.0.0.1', '::2', '::ffff:10.0.0.1', 'fe80::1']) {
    assert.equal(networks.trusts(peer(address)), false, address)
  }
})

test('configured networks take the place of loopback', () => {
  const networks = new TrustedNetworks(['10.1.0.0/16', '192.0.2.7', 'fd00::/8'])
  assert.equal(networks.trusts(peer('10.1.255.3')), true)
  assert.equal(networks.trusts(peer('::ffff:10.1.255.3')), true)
  assert.equal(networks.trusts(peer('10.2.0.1')), false)
  assert.equal(networks.trusts(peer('192.0.2.7')), true)
  assert.equal(networks.trusts(peer('192.0.2.8')), false)
  assert.equal(networks.trusts(peer('fd12::1')), true)
  assert.equal(networks.trusts(peer('127.0.0.1')), false)
})

test('a peer without an IP address is not trusted, not even by the whole of both families', () => {
  const networks = new TrustedNetworks(['0.0.0.0/0', '::/0'])
  assert.equal(networks.trusts(peer('203.0.113.9')), true)
  assert.equal(networks.trusts(peer(undefined)), false)
  assert.equal(networks.trusts(peer('')), false)
})

test('the verdict on a connection stands after the connection is gone', () => {
  const networks = new TrustedNetworks()
  const socket = { remoteAddress: '127.0.0.1' as string | undefined }
  assert.equal(networks.trusts(socket as Socket), true)
  socket.remoteAddress = undefined
  assert.equal(networks.trusts(socket as Socket), true)
})

for (const entry of [
  '',
  'localhost',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '::/129',
  '10.0.0/8',
  '10.0.0.0/8/8',
]) {
  test(`an entry that is no network is refused by name: ${JSON.stringify(entry)}`, () => {
    assert.throws(
      () => new TrustedNetworks(['10.0.0.0/8', entry]),
      (error: Error & { code?: string }) =>
        error.code === 'ERR_INMESH_OPTIONS' &&
        error.message.includes('trustedNetworks') &&
        error.message.includes(JSON.stringify(entry)),
    )
  })
}
