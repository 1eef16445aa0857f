import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyOf, Cluster, create, decodeAny, Router, TypeUrl } from '@inmesh/xds-proto/all'
import { loadJsonCodec } from '@inmesh/xds-proto/json'

// The README shows parts of this file.

test('a message is made, encoded and decoded', () => {
  const cluster = create(Cluster, { name: 'reviews' }) // the other fields get their defaults
  const bytes = Cluster.encode(cluster).finish()
  assert.deepEqual(Cluster.decode(bytes), cluster)

  const any = anyOf(Router, create(Router)) // { typeUrl: TypeUrl.Router, value: Uint8Array }
  assert.deepEqual(decodeAny(any), create(Router)) // by type URL; undefined when the type is unknown
})

test('a typing error in proto-JSON is named by its path', () => {
  const json = loadJsonCodec()
  const typing = { virtual_hosts: [{ routes: [{ match: { prefx: '/' } }] }] }
  assert.throws(() => json.encode(TypeUrl.RouteConfiguration, typing), {
    code: 'ERR_INMESH_PROTO_JSON',
    path: 'virtual_hosts[0].routes[0].match.prefx',
  })
})
