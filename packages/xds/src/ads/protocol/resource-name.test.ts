import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cluster,
  ClusterLoadAssignment,
  ClusterLoadAssignment_Policy,
  create,
  Listener,
  RouteConfiguration,
} from '@inmesh/xds-proto'
import { peekResourceName } from './resource-name.js'

const name = 'outbound|8080||größe.demo.svc.cluster.local'

test('the name of every kind of resource is read', () => {
  const policy = create(ClusterLoadAssignment_Policy, { overprovisioningFactor: 150 })
  const resources = [
    Listener.encode(create(Listener, { name, statPrefix: 'x'.repeat(300) })),
    RouteConfiguration.encode(create(RouteConfiguration, { name })),
    Cluster.encode(create(Cluster, { name, altStatName: 'other' })),
    ClusterLoadAssignment.encode(create(ClusterLoadAssignment, { clusterName: name, policy })),
  ]
  for (const resource of resources) assert.equal(peekResourceName(resource.finish()), name)
})

test('fields may come in any order and of any wire type, and of two names the first counts', () => {
  const fields = [
    [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x21, 1, 2, 3, 4, 5, 6, 7, 8],
    [0x0a, 1, 0x61],
    [0x2d, 1, 2, 3, 4],
    [0x0a, 1, 0x62],
    [0x82, 0x7d, 2, 0x0a, 0x00],
  ]
  assert.equal(peekResourceName(new Uint8Array(fields.flat())), 'a')
})

test('a view into a larger buffer is read within its bounds', () => {
  const buffer = Buffer.from([9, 9, 0x0a, 1, 0x61, 0x0a, 1, 0x62])
  assert.equal(peekResourceName(buffer.subarray(2, 5)), 'a')
})

const unreadable: readonly (readonly [string, readonly number[]])[] = [
  ['nothing', []],
  ['no name', [0x12, 1, 0x61]],
  ['a name cut short', [0x0a, 5, 0x61]],
  ['a field cut short before the name', [0x12, 9, 0x0a, 1, 0x61]],
  ['a tag without a value', [0x10]],
  ['a number without an end', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['a group', [0x0b, 0x0c]],
  ['a length beyond all memory', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
]

for (const [title, bytes] of unreadable) {
  test(`no name is read from ${title}`, () => assert.equal(peekResourceName(new Uint8Array(bytes)), undefined))
}
