import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SeededRandom } from '@inmesh/core'
import { parseBootstrap } from '@inmesh/xds'
import type { WorkloadSettings } from '../options/mesh-settings.js'
import { bootstrapDocument, withWorkload } from './workload-node.js'

const nobody: WorkloadSettings = {
  service: undefined,
  namespace: undefined,
  version: undefined,
  labels: {},
  servicePort: undefined,
  locality: undefined,
  instanceIp: undefined,
  pod: undefined,
}
const reviews: WorkloadSettings = {
  service: 'reviews',
  namespace: 'shop',
  version: 'v2',
  labels: { tier: 'gold' },
  servicePort: 9080,
  locality: { region: 'eu', zone: 'eu-1' },
  pod: undefined,
  instanceIp: '192.0.2.7',
}

function built(workload: WorkloadSettings, address = 'plane.example:18000') {
  return withWorkload(parseBootstrap(bootstrapDocument(address, workload, new SeededRandom(1))), workload)
}

describe('the bootstrap for an address', () => {
  test('presents the workload with an id of four parts and everything that selects it', () => {
    const { node, servers, serverListenerResourceNameTemplate } = built(reviews)
    assert.match(node.id, /^sidecar~192\.0\.2\.7~reviews-[0-9a-f]{10}\.shop~shop\.svc\.cluster\.local$/)
    assert.equal(node.cluster, 'reviews')
    assert.deepEqual(node.locality, { region: 'eu', zone: 'eu-1', subZone: '' })
    assert.deepEqual(node.metadata, {
      GENERATOR: 'grpc',
      NAMESPACE: 'shop',
      INSTANCE_IPS: '192.0.2.7',
      LABELS: { app: 'reviews', version: 'v2', tier: 'gold' },
      INMESH_SERVICE: 'reviews',
      INMESH_SERVICE_PORT: '9080',
    })
    assert.equal(servers[0]?.uri, 'plane.example:18000')
    assert.deepEqual(servers[0]?.credentials, { type: 'insecure' })
    assert.equal(serverListenerResourceNameTemplate, 'inmesh/inbound/%s')
  })

  test('presents a workload that only calls without a service', () => {
    const { node } = built(nobody, 'localhost:18000')
    assert.match(node.id, /^sidecar~127\.0\.0\.1~inmesh-[0-9a-f]{10}\.default~default\.svc\.cluster\.local$/)
    assert.deepEqual(node.metadata, { GENERATOR: 'grpc', NAMESPACE: 'default', INSTANCE_IPS: '127.0.0.1' })
  })

  test('tells instances of one service apart', () => {
    const random = new SeededRandom(1)
    const ids = [1, 2].map(() => bootstrapDocument('localhost:1', reviews, random).node as { id: string })
    assert.notEqual(ids[0]!.id, ids[1]!.id)
  })

  for (const host of ['localhost:1', '127.0.0.1:1', '127.9.9.9:1', '[::1]:1']) {
    test(`takes loopback as the instance's address when the control plane is at ${host}`, () => {
      assert.equal(built(nobody, host).node.metadata.INSTANCE_IPS, '127.0.0.1')
    })
  }
})

describe('what code and environment say counts over a bootstrap file', () => {
  const file = parseBootstrap({
    xds_servers: [{ server_uri: 'localhost:1', channel_creds: [{ type: 'insecure' }] }],
    node: {
      id: 'sidecar~10.0.0.9~pod.ns~ns.svc.cluster.local',
      locality: { region: 'us' },
      metadata: { NAMESPACE: 'ns', INSTANCE_IPS: '10.0.0.9,fd00::9', LABELS: { app: 'pod', team: 'a' }, OTHER: 7 },
    },
  })

  test('part by part, the rest of it stays', () => {
    const { node } = withWorkload(file, { ...nobody, version: 'v3', locality: { region: 'eu' }, labels: { team: 'b' } })
    assert.equal(node.id, file.node.id)
    assert.deepEqual(node.locality, { region: 'eu', zone: '', subZone: '' })
    assert.deepEqual(node.metadata, {
      NAMESPACE: 'ns',
      INSTANCE_IPS: '10.0.0.9,fd00::9',
      LABELS: { app: 'pod', team: 'b', version: 'v3' },
      OTHER: 7,
    })
  })

  test('and a workload of which nothing was said is the one in the file', () => {
    assert.deepEqual(withWorkload(file, nobody), file)
  })
})

test('a pod is the node that the agent of Istio would make of it, at istiod and at others', () => {
  const pod = {
    name: 'reviews-7d9f',
    namespace: 'shop',
    ip: '10.1.2.3',
    serviceAccount: 'reviews',
    labels: { app: 'reviews', 'topology.kubernetes.io/region': 'eu' },
    locality: { region: 'eu', zone: 'eu-1' },
    metadata: { CLUSTER_ID: 'east', GENERATOR: 'other' },
  }
  const document = bootstrapDocument('istiod.istio-system.svc:15010', { ...nobody, pod }, new SeededRandom(1))
  const bootstrap = parseBootstrap(document)
  assert.deepEqual(bootstrap.node, {
    id: 'sidecar~10.1.2.3~reviews-7d9f.shop~shop.svc.cluster.local',
    cluster: '',
    locality: { region: 'eu', zone: 'eu-1', subZone: '' },
    metadata: {
      CLUSTER_ID: 'east',
      NAME: 'reviews-7d9f',
      SERVICE_ACCOUNT: 'reviews',
      LABELS: pod.labels,
      GENERATOR: 'grpc',
      NAMESPACE: 'shop',
      INSTANCE_IPS: '10.1.2.3',
    },
  })
  assert.equal(bootstrap.serverListenerResourceNameTemplate, 'xds.istio.io/grpc/lds/inbound/%s')
  const other = parseBootstrap(
    bootstrapDocument('plane:15010', { ...nobody, pod, namespace: 'own' }, new SeededRandom(1)),
  )
  assert.equal(other.node.id, 'sidecar~10.1.2.3~reviews-7d9f.own~own.svc.cluster.local')
  assert.equal(other.serverListenerResourceNameTemplate, 'inmesh/inbound/%s')
})
