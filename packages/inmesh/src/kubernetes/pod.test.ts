import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { resolveOptions } from '../options/resolve-options.js'
import { RecordingLogger } from '../testing/recording-logger.js'
import { readPod } from './pod.js'

const POD = { POD_NAME: 'reviews-7d9f', POD_NAMESPACE: 'shop' }

async function labels(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-pod-'))
  context.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'labels'), text)
  return join(folder, 'labels')
}

test('a pod is known by its name and namespace, with what else it was told', async (context) => {
  const file = await labels(
    context,
    'app="reviews"\nnote="a \\"quoted\\" one"\ntopology.kubernetes.io/region="eu"\ntopology.kubernetes.io/zone="eu-1"\n',
  )
  const told = { INSTANCE_IP: '10.1.2.3', SERVICE_ACCOUNT: 'reviews', ISTIO_META_CLUSTER_ID: 'east' }
  assert.deepEqual(readPod({ ...POD, ...told }, file), {
    name: 'reviews-7d9f',
    namespace: 'shop',
    ip: '10.1.2.3',
    serviceAccount: 'reviews',
    labels: {
      app: 'reviews',
      note: 'a "quoted" one',
      'topology.kubernetes.io/region': 'eu',
      'topology.kubernetes.io/zone': 'eu-1',
    },
    locality: { region: 'eu', zone: 'eu-1' },
    metadata: { CLUSTER_ID: 'east' },
  })
  assert.equal(readPod({ POD_NAME: 'reviews-7d9f' }, undefined), undefined)
  assert.equal(readPod({ ...POD, INSTANCE_IP: 'none', POD_IP: '10.1.2.4' }, undefined)?.ip, '10.1.2.4')
})

test("Istio's label says where a pod is before those of the node", async (context) => {
  const file = await labels(context, 'istio-locality="us.us-2.rack-1"\ntopology.kubernetes.io/region="eu"\n')
  assert.deepEqual(readPod(POD, file)?.locality, { region: 'us', zone: 'us-2', subZone: 'rack-1' })
})

test('a file of labels that is named and cannot be read is an error, the usual one need not be there', () => {
  assert.deepEqual(readPod(POD, undefined)?.labels, {})
  assert.throws(() => resolveOptions({}, { ...POD, INMESH_LABELS_FILE: '/nowhere' }), {
    code: 'ERR_INMESH_OPTIONS',
    message: /labelsFile names \/nowhere/,
  })
})

test('a pod that names no control plane asks istiod in plaintext, and says so; over TLS it does not start', () => {
  const logger = new RecordingLogger()
  assert.deepEqual(resolveOptions({ logger }, POD).origin, {
    kind: 'control-plane',
    address: 'istiod.istio-system.svc:15010',
  })
  assert.match(logger.lines.join('\n'), /istiod\.istio-system\.svc:15010 in plaintext/)
  const address = (PROXY_CONFIG: string) => resolveOptions({ logger }, { ...POD, PROXY_CONFIG }).origin
  const told = { kind: 'control-plane', address: 'istiod-canary.mesh.svc:15010' }
  assert.deepEqual(address('{"discoveryAddress":"istiod-canary.mesh.svc:15010"}'), told)
  assert.deepEqual(address('discoveryAddress: istiod-canary.mesh.svc:15010\n'), told)
  const refusal = { code: 'ERR_INMESH_OPTIONS', message: /istiod\.mesh\.svc:15012.*TLS.*INMESH_CONTROL_PLANE/ }
  assert.throws(() => address('{"discoveryAddress":"istiod.mesh.svc:15012"}'), refusal)
  assert.throws(() => resolveOptions({ controlPlane: 'istiod.mesh.svc:15012' }, {}), refusal)
  assert.throws(() => resolveOptions({}, {}), { message: /no configuration is named/ })
})

test('a pod asks whoever is named before istiod', () => {
  const named = resolveOptions({}, { ...POD, GRPC_XDS_BOOTSTRAP: '/etc/istio/proxy/grpc-bootstrap.json' })
  assert.deepEqual(named.origin, { kind: 'bootstrap-file', path: '/etc/istio/proxy/grpc-bootstrap.json' })
})
