import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import { XxHash64 } from '../hashing/xx-hash.js'
import { endpoint } from '../testing/fixtures.js'
import { HashRing } from './hash-ring.js'
import { PlacedHosts } from './placed-hosts.js'

test('every place of a large ring is found by its own hash, those included whose upper halves are equal', () => {
  const members = [1, 2].map((port) => ({ endpoint: new Endpoint(endpoint(port)), weight: 1 }))
  const hosts = new PlacedHosts(members, false)
  const size = 300_000
  const ring = new HashRing(hosts, { minimumSize: size, maximumSize: size, hashFunction: 'xx-hash' })
  assert.equal(ring.size, size)
  const hasher = new XxHash64()
  const highs = new Set<number>()
  for (let place = 0; place < size; place++) {
    const host = place % 2
    const { high, low } = hasher.hash(`${hosts.keys[host]!}_${place >> 1}`)
    highs.add(high >>> 0)
    assert.equal(ring.ownerOf(ring.placeOf(high >>> 0, low >>> 0)), host)
  }
  assert.ok(highs.size < size, 'no two upper halves are equal')
})
