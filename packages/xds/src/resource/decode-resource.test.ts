import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom } from '@inmesh/core'
import { ApiListener, anyOf, Cluster, create, HttpConnectionManager, Listener } from '@inmesh/xds-proto'
import { clusterType } from './cluster/cluster-type.js'
import { decodeResource } from './decode-resource.js'
import { endpointAssignmentType } from './endpoint/endpoint-assignment-type.js'
import { listenerType } from './listener/listener-type.js'
import { routeConfigurationType } from './route/route-configuration-type.js'

const TYPES = [listenerType, routeConfigurationType, clusterType, endpointAssignmentType]

describe('bytes of a resource', () => {
  it('that are not a message have no name to tell a watcher by', () => {
    for (const type of TYPES) {
      const decoded = type.decode(Uint8Array.of(0xff, 0xff, 0xff))
      assert.ok(decoded.kind === 'malformed')
      assert.equal(decoded.name, '')
      assert.equal(decoded.errors[0]?.field, '')
    }
  })

  it('are malformed where a message within them is none', () => {
    const any = { ...anyOf(HttpConnectionManager, create(HttpConnectionManager)), value: Uint8Array.of(0xff) }
    const listener = create(Listener, { name: 'l', apiListener: create(ApiListener, { apiListener: any }) })
    const decoded = listenerType.decode(Listener.encode(listener).finish())
    assert.ok(decoded.kind === 'malformed')
    assert.deepEqual(
      decoded.errors.map(({ field }) => field),
      ['api_listener.api_listener'],
    )
  })

  it('never make decoding throw, whatever they are', () => {
    const random = new SeededRandom(1)
    const cluster = Cluster.encode(
      create(Cluster, { name: 'c', altStatName: 'statistics', loadAssignment: undefined }),
    ).finish()
    for (let round = 0; round < 2000; round++) {
      const bytes = round % 2 === 0 ? new Uint8Array(random.below(60)) : Uint8Array.from(cluster)
      if (round % 2 === 0) random.fill(bytes)
      else bytes[random.below(bytes.length)] = random.below(256)
      for (const type of TYPES) assert.ok(['valid', 'malformed'].includes(type.decode(bytes).kind))
    }
  })

  it('are malformed when their translation has a defect, and the process lives', () => {
    const reader = {
      codec: Cluster,
      nameField: 'name',
      nameOf: (cluster: Cluster) => cluster.name,
      translate: () => {
        throw new TypeError('defect')
      },
    }
    const decoded = decodeResource(reader, Cluster.encode(create(Cluster, { name: 'c' })).finish())
    assert.deepEqual(decoded, {
      kind: 'malformed',
      name: 'c',
      errors: [{ field: '', message: 'the resource could not be translated: defect' }],
    })
  })
})
