import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { create, DiscoveryResponse } from '@inmesh/xds-proto'
import { startControlPlane } from './control-plane.js'
import { AdsTestClient, endpointAddresses, summary, testNode, types } from './testing/ads-client.js'
import { EventQueue } from './testing/event-queue.js'
import { MeshFiles, serviceText } from './testing/mesh-files.js'

const catalog = 'outbound|80||catalog.shop.svc.cluster.local'
const inbound = 'inmesh/inbound/127.0.0.5:9000'
const pushMs = 5
const recoveryMs = 15_000

/** A control plane that has just started, with time standing still. */
async function restarted(context: TestContext, texts: Readonly<Record<string, string>>) {
  const clock = new SimulatedClock()
  const files = await MeshFiles.create(context, texts)
  const events = new EventQueue()
  const controlPlane = await startControlPlane({ directory: files.path, port: 0, clock, onEvent: events.push })
  context.after(async () => {
    const closed = controlPlane.close()
    clock.advance(1000)
    await closed
  })
  const client = () => new AdsTestClient(controlPlane.port, (close) => context.after(close))
  const register = async () => {
    await client()
      .sotw(testNode({ INMESH_SERVICE: 'catalog' }))
      .get('LDS', [inbound])
    await events.next('workload-registered')
  }
  return { clock, client, register }
}

/** What a client says that got a response on an earlier stream. */
function earlier(type: keyof typeof types): DiscoveryResponse {
  return create(DiscoveryResponse, { typeUrl: types[type], versionInfo: 'from-before' })
}

describe('a client that is back before the workloads it calls', () => {
  const declared = { 'catalog.yaml': serviceText('catalog', []) }

  it('keeps the endpoints it has until a workload is back', async (context) => {
    const { clock, client, register } = await restarted(context, declared)
    const stream = client().sotw()
    stream.ask('EDS', [catalog], earlier('EDS'))
    // Nothing was sent for the endpoints: the answer to a later request comes first.
    assert.equal(summary(await stream.get('LDS', ['catalog:80'])), 'LDS catalog:80')
    await register()
    clock.advance(pushMs)
    assert.deepEqual(endpointAddresses(await stream.next()), ['127.0.0.5:9000'])
  })

  it('is told in the end that there are none', async (context) => {
    const { clock, client } = await restarted(context, declared)
    const stream = client().sotw()
    stream.ask('EDS', [catalog], earlier('EDS'))
    await stream.get('LDS', ['catalog:80'])
    clock.advance(recoveryMs)
    clock.advance(pushMs)
    const response = await stream.next()
    assert.equal(summary(response), `EDS ${catalog}`)
    assert.deepEqual(endpointAddresses(response), [])
  })

  it('keeps a service that only its workloads make known, until they are back or the time is over', async (context) => {
    const { clock, client, register } = await restarted(context, {})
    const stream = client().sotw()
    stream.ask('LDS', ['catalog:80'], earlier('LDS'))
    assert.equal(summary(await stream.get('CDS', ['no-such-name'])), 'CDS')
    await register()
    clock.advance(pushMs)
    assert.equal(summary(await stream.next()), 'LDS catalog:80')

    const stranger = client().sotw()
    stranger.ask('LDS', ['stock:80'], earlier('LDS'))
    assert.equal(summary(await stranger.get('CDS', ['no-such-name'])), 'CDS')
    clock.advance(recoveryMs)
    clock.advance(pushMs)
    assert.equal(summary(await stranger.next()), 'LDS')
  })

  it('is treated the same over the incremental protocol', async (context) => {
    const { clock, client, register } = await restarted(context, declared)
    const stream = client().delta()
    const gone = 'outbound|80||stock.shop.svc.cluster.local'
    stream.ask('EDS', {
      resourceNamesSubscribe: [catalog, gone],
      initialResourceVersions: new Map([
        [catalog, 'from-before'],
        [gone, 'from-before'],
      ]),
    })
    stream.subscribe('LDS', 'catalog:80')
    assert.equal(summary(await stream.take()), 'LDS catalog:80')
    await register()
    clock.advance(pushMs)
    assert.deepEqual(endpointAddresses(await stream.take()), ['127.0.0.5:9000'])
    // The answer to another request shows that the last response was taken.
    stream.subscribe('RDS', 'no-such-name')
    await stream.take()
    clock.advance(recoveryMs)
    clock.advance(pushMs)
    assert.equal(summary(await stream.take()), `EDS -${gone}`)
  })
})

it('a client that has nothing yet is answered at once, with what there is', async (context) => {
  const { client } = await restarted(context, { 'catalog.yaml': serviceText('catalog', []) })
  const stream = client().sotw()
  assert.equal(summary(await stream.get('LDS', ['catalog:80', 'inmesh/ready'])), 'LDS catalog:80')
  assert.deepEqual(endpointAddresses(await stream.get('EDS', [catalog])), [])
})
