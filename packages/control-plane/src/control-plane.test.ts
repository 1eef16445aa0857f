import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { createConnection, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { status } from '@grpc/grpc-js'
import { create, DiscoveryRequest, TypeUrl } from '@inmesh/xds-proto'
import { startControlPlane } from './control-plane.js'
import { sotwProtocol } from './stream/ads-protocol.js'
import { type AdsTestClient, endpointAddresses, summary, testNode } from './testing/ads-client.js'
import { MeshFiles, routeText, serviceText } from './testing/mesh-files.js'
import { started } from './testing/started.js'

const catalog = 'outbound|80||catalog.shop.svc.cluster.local'

/** Opens the stream of a workload that listens. */
async function listening(client: AdsTestClient, name: string, metadata: Record<string, unknown> = {}) {
  const stream = client.sotw(testNode({ INMESH_SERVICE: 'catalog', ...metadata }))
  assert.equal(summary(await stream.get('LDS', [name])), `LDS ${name}`)
  return stream
}

/** A message as gRPC frames it: not compressed, and its length. */
function grpcFrame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

describe('a workload', () => {
  it('is registered when it asks for its inbound listener, not when it connects, and removed when it drains', async (context) => {
    const { client, events, controlPlane } = await started(context)
    const caller = client().sotw()
    assert.equal(summary(await caller.get('LDS', ['catalog:80'])), 'LDS')

    const workload = client().sotw(testNode({ INMESH_SERVICE: 'catalog', LABELS: { version: 'v1' } }))
    await workload.get('CDS', [])
    assert.deepEqual(controlPlane.status().workloads, [])

    const inbound = await workload.get('LDS', ['inmesh/inbound/127.0.0.5:9000'])
    assert.deepEqual((await events.next('workload-registered')).workload, {
      service: 'catalog',
      namespace: 'shop',
      address: '127.0.0.5',
      port: 9000,
      labels: { version: 'v1' },
      locality: { region: '', zone: '', subZone: '' },
    })
    const appeared = await caller.next()
    assert.equal(summary(appeared), 'LDS catalog:80')
    caller.ask('LDS', ['catalog:80'], appeared)
    const endpoints = await caller.get('EDS', [catalog])
    assert.deepEqual(endpointAddresses(endpoints), ['127.0.0.5:9000'])

    workload.ask('LDS', [], inbound)
    await events.next('workload-removed')
    // The service stays known, without endpoints.
    assert.deepEqual(endpointAddresses(await caller.next()), [])
    assert.equal(summary(await client().sotw().get('LDS', ['catalog:80'])), 'LDS catalog:80')
  })

  it('is removed when its stream breaks', async (context) => {
    const { client, events } = await started(context)
    const workload = await listening(client(), 'inmesh/inbound/127.0.0.5:9000')
    await events.next('workload-registered')
    workload.cancel()
    await events.next('workload-removed')
  })

  it('is removed when its connection is gone without a word, as when its process is killed', async (context) => {
    const { controlPlane, events } = await started(context)
    const socket = createConnection(controlPlane.port, '127.0.0.1')
    const session = connect(`http://127.0.0.1:${controlPlane.port}`, { createConnection: () => socket })
    session.on('error', () => {})
    const call = session.request({
      ':method': 'POST',
      ':path': sotwProtocol.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    call.on('error', () => {})
    const request = create(DiscoveryRequest, {
      node: testNode({ INMESH_SERVICE: 'catalog' }),
      typeUrl: TypeUrl.Listener,
      resourceNames: ['inmesh/inbound/127.0.0.5:9000'],
    })
    call.write(grpcFrame(DiscoveryRequest.encode(request).finish()))
    await events.next('workload-registered')
    socket.destroy()
    await events.next('workload-removed')
  })

  it('of several processes behind one address is one endpoint, until the last has gone', async (context) => {
    const { client, events, controlPlane } = await started(context)
    const one = await listening(client(), 'inmesh/inbound/127.0.0.5:9000')
    const two = await listening(client(), 'inmesh/inbound/127.0.0.5:9000')
    assert.equal(controlPlane.status().workloads.length, 1)
    one.cancel()
    await events.next('stream-closed')
    assert.equal(controlPlane.status().workloads.length, 1)
    assert.ok(!events.kinds.includes('workload-removed'))
    two.cancel()
    await events.next('workload-removed')
  })

  it('that listens on every address is reached by the one it names, else by the one it connects from', async (context) => {
    const { client, events } = await started(context)
    await listening(client(), 'inmesh/inbound/0.0.0.0:9000', { INSTANCE_IPS: '127.0.0.7,10.0.0.1' })
    assert.equal((await events.next('workload-registered')).workload.address, '127.0.0.7')
    await listening(client(), 'xds.istio.io/grpc/lds/inbound/[::]:9001')
    assert.equal((await events.next('workload-registered')).workload.address, '127.0.0.1')
  })

  it('serves the port of its service that it names, else the first of the ServiceEntry', async (context) => {
    const { client, events } = await started(context, { 'catalog.yaml': serviceText('catalog', [], 7070) })
    await listening(client(), 'inmesh/inbound/127.0.0.5:9000')
    await events.next('workload-registered')
    await listening(client(), 'inmesh/inbound/127.0.0.6:9000', { INMESH_SERVICE_PORT: '8080' })
    await events.next('workload-registered')
    const caller = client().sotw()
    const host = 'catalog.shop.svc.cluster.local'
    const first = await caller.get('EDS', [`outbound|7070||${host}`])
    assert.deepEqual(endpointAddresses(first), ['127.0.0.5:9000'])
    const second = await caller.get('EDS', [`outbound|8080||${host}`], first)
    assert.deepEqual(endpointAddresses(second), ['127.0.0.6:9000'])
  })

  const refused: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['a service that is no name', 'inmesh/inbound/127.0.0.5:9000', { INMESH_SERVICE: 'a|b' }],
    ['a port that is none', 'inmesh/inbound/127.0.0.5:9000', { INMESH_SERVICE_PORT: 'http' }],
    ['a namespace that is no name', 'inmesh/inbound/127.0.0.5:9000', { NAMESPACE: 'Shop!' }],
    ['an address that is none', 'inmesh/inbound/localhost:9000', {}],
  ]
  for (const [what, name, metadata] of refused) {
    it(`is refused with a reason, and still served: ${what}`, async (context) => {
      const { client, events, controlPlane } = await started(context)
      await listening(client(), name, metadata)
      const { reason, nodeId } = await events.next('workload-refused')
      assert.equal(nodeId, 'test-node')
      assert.notEqual(reason, '')
      assert.deepEqual(controlPlane.status().workloads, [])
    })
  }

  it('is registered over the incremental protocol too', async (context) => {
    const { client, events } = await started(context)
    const workload = client().delta(testNode({ INMESH_SERVICE: 'catalog' }))
    workload.subscribe('LDS', 'inmesh/inbound/127.0.0.5:9000')
    assert.equal(summary(await workload.take()), 'LDS inmesh/inbound/127.0.0.5:9000')
    await events.next('workload-registered')
    workload.ask('LDS', { resourceNamesUnsubscribe: ['inmesh/inbound/127.0.0.5:9000'] })
    await events.next('workload-removed')
  })
})

describe('the directory', () => {
  it('is refused with a bad file while the last good one goes on being served', async (context) => {
    const { client, events, files, controlPlane } = await started(context, {
      'catalog.yaml': serviceText('catalog', ['127.0.0.1']),
      'route.yaml': routeText('1s'),
    })
    const stream = client().sotw()
    const before = await stream.get('RDS', [catalog])
    await files.write('catalog.yaml', serviceText('catalog', ['127.0.0.1', '127.0.0.2']))
    await events.next('reloaded')
    await files.write('route.yaml', routeText('soon'))
    const { errors } = await events.next('refused')
    assert.deepEqual(errors[0]?.place, { file: files.file('route.yaml'), line: 7, field: 'spec.http[0].timeout' })
    assert.deepEqual(controlPlane.status().errors, errors)
    // Nothing of the refused reading is taken, and nothing of the last good one is lost.
    const other = client().sotw()
    assert.equal((await other.get('RDS', [catalog])).versionInfo, before.versionInfo)
    assert.deepEqual(endpointAddresses(await other.get('EDS', [catalog])), ['127.0.0.1:80', '127.0.0.2:80'])

    await files.write('route.yaml', routeText('2s'))
    assert.deepEqual((await events.next('reloaded')).changes, [
      { change: 'changed', kind: 'VirtualService', name: 'shop/catalog', file: files.file('route.yaml') },
    ])
    assert.notEqual((await stream.next()).versionInfo, before.versionInfo)
    assert.deepEqual(controlPlane.status().errors, [])
  })

  it('with errors at the start is refused as a whole, with all of them', async (context) => {
    const files = await MeshFiles.create(context, {
      'a.yaml': routeText('soon'),
      'b.yaml': serviceText('catalog', ['nowhere']),
    })
    await assert.rejects(startControlPlane({ directory: files.path, port: 0 }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_INMESH_CONFIG_FILE')
      assert.match(error.message, /a\.yaml:7 spec\.http\[0\]\.timeout: /)
      assert.match(error.message, /b\.yaml:9 spec\.endpoints\[0\]\.address: /)
      return true
    })
  })
})

describe('the control plane', () => {
  it('tells who is connected and what for', async (context) => {
    const { client, controlPlane, files } = await started(context)
    const stream = client().delta(testNode({}, 'front-1'))
    stream.subscribe('LDS', 'catalog:80')
    await stream.take()
    const { streams, ...rest } = controlPlane.status()
    assert.deepEqual(rest, {
      directory: files.path,
      address: '127.0.0.1',
      port: controlPlane.port,
      workloads: [],
      errors: [],
      warnings: [],
    })
    const [status] = streams
    assert.match(status?.peer ?? '', /^127\.0\.0\.1:\d+$/)
    assert.deepEqual(status, {
      nodeId: 'front-1',
      namespace: 'shop',
      peer: status?.peer,
      protocol: 'delta',
      subscriptions: { LDS: ['catalog:80'] },
      nacks: [],
    })
  })

  it('ends its streams when it closes, once', async (context) => {
    const { client, controlPlane } = await started(context)
    const stream = client().sotw()
    await stream.get('LDS', ['catalog:80'])
    await Promise.all([controlPlane.close(), controlPlane.close(), stream.ended])
    await controlPlane.close()
    assert.deepEqual(controlPlane.status().streams, [])
  })

  it('says so when the address is taken', async (context) => {
    const files = await MeshFiles.create(context)
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    context.after(() => other.close())
    const address = other.address()
    assert.ok(typeof address === 'object' && address !== null)
    await assert.rejects(startControlPlane({ directory: files.path, port: address.port }), {
      code: 'ERR_INMESH_LISTEN',
      message: new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${address.port}: `),
    })
  })

  it('breaks off a stream that does not speak the protocol, and no other', async (context) => {
    const { client } = await started(context)
    const stream = client().sotw()
    await stream.get('LDS', ['catalog:80'])
    const { code } = await client().garbage()
    assert.equal(code, status.INVALID_ARGUMENT)
    assert.equal(summary(await stream.get('CDS', ['nothing'])), 'CDS')
  })

  it('leaves a stream without an answer where a type is not served, and goes on with the others', async (context) => {
    const { client } = await started(context)
    const stream = client().delta()
    stream.ask('LDS', { typeUrl: 'type.googleapis.com/istio.networking.nds.v1.NameTable' })
    stream.subscribe('LDS', 'catalog:80')
    assert.equal(summary(await stream.take()), 'LDS -catalog:80')
  })
})
