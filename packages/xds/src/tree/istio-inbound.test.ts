import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { InboundListener, SeededRandom, SimulatedClock } from '@inmesh/core'
import { AdsClient } from '../ads/ads-client.js'
import { someNode, someServer } from '../testing/ads-bench.js'
import { DumpServer } from '../testing/dump-server.js'
import { settled } from '../testing/fake-clock.js'
import { InboundTree } from './inbound-tree.js'
import { ListenerPerServer, VirtualInbound } from './server-strategy.js'

/** What istiod answered to servers, by policy; kept beside the checkout. */
const DUMPS = new URL('../../../../../shared/spec/istio-dumps/', import.meta.url)

const skip = existsSync(DUMPS) ? false : 'the dumps of istiod are not beside this checkout'

const TEMPLATE = 'xds.istio.io/grpc/lds/inbound/%s'

async function listenerOf(t: TestContext, file: string, port: number, isSidecar: boolean): Promise<InboundListener> {
  const clock = new SimulatedClock()
  const random = new SeededRandom(1)
  const opener = new DumpServer(new URL(file, DUMPS))
  const client = new AdsClient({ server: someServer, node: someNode, clock, random, opener })
  const strategy = isSidecar ? new VirtualInbound(client) : new ListenerPerServer(client, TEMPLATE)
  const tree = new InboundTree(client, strategy)
  t.after(() => {
    tree.close()
    client.close()
  })
  const listener = new InboundListener(tree, { address: '0.0.0.0', port }, random)
  for (let turn = 0; turn < 20 && listener.state === 'pending'; turn++) await settled()
  return listener
}

function use(listener: InboundListener): string {
  const { port: localPort } = listener.server
  const chain = listener.chainFor({ localAddress: '10.0.0.9', localPort, remoteAddress: '10.0.0.7', remotePort: 9 })
  return chain?.use.kind ?? 'no chain'
}

describe('a server of istiod', { skip }, () => {
  it('serves plaintext where the policy allows it, and its requests pass the filters', async (t) => {
    const listener = await listenerOf(t, 'variants-permissive-nolabel.json', 15_051, false)
    assert.equal(use(listener), 'http')
  })

  for (const file of ['variants-strict-label.json', 'variants-permissive-label.json']) {
    it(`closes plaintext connections that are to be TLS (${file})`, async (t) => {
      assert.equal(use(await listenerOf(t, file, 15_051, false)), 'closed')
    })
  }

  it('closes plaintext connections to the ports of a sidecar with a strict policy', async (t) => {
    const listener = await listenerOf(t, 'sidecar-server.json', 18_080, true)
    assert.equal(listener.state, 'configured')
    assert.equal(use(listener), 'no chain')
  })
})
