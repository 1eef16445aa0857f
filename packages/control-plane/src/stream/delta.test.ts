import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeltaDiscoveryResponse } from '@inmesh/xds-proto'
import { type DeltaTestStream, summary } from '../testing/ads-client.js'
import { balancerText, serviceText } from '../testing/mesh-files.js'
import { started } from '../testing/started.js'

const texts = {
  'catalog.yaml': serviceText('catalog', ['127.0.0.1']),
  'reviews.yaml': serviceText('reviews', ['127.0.0.2']),
}
const catalog = 'outbound|80||catalog.shop.svc.cluster.local'
const reviews = 'outbound|80||reviews.shop.svc.cluster.local'

/** Proves that nothing else was on its way: the answer to a request that is always answered comes next. */
async function assertSilent(stream: DeltaTestStream): Promise<void> {
  stream.subscribe('RDS', 'no-such-name')
  assert.equal(summary(await stream.take()), 'RDS -no-such-name')
}

function versions(response: DeltaDiscoveryResponse): Map<string, string> {
  return new Map(response.resources.map(({ name, version }) => [name, version]))
}

describe('an incremental stream', () => {
  it('is answered for every name it subscribes to: what exists, and what does not', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('LDS', 'catalog:80', 'nobody:80')
    assert.equal(summary(await stream.take()), 'LDS catalog:80, -nobody:80')
    stream.subscribe('EDS', catalog, 'nothing')
    assert.equal(summary(await stream.take()), `EDS ${catalog}, -nothing`)
    // Even for one that was sent before.
    stream.subscribe('EDS', catalog)
    assert.equal(summary(await stream.take()), `EDS ${catalog}`)
  })

  it('keeps earlier subscriptions when others are added, and gets each change once', async (context) => {
    const { client, files } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('CDS', catalog)
    await stream.take()
    stream.subscribe('CDS', reviews)
    await stream.take()
    await files.write('rule.yaml', balancerText('RANDOM'))
    assert.equal(summary(await stream.take()), `CDS ${catalog}`)
    await assertSilent(stream)
  })

  it('is told when a resource goes, of every type, and when it comes back', async (context) => {
    const { client, files } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('LDS', 'catalog:80')
    await stream.take()
    stream.subscribe('EDS', catalog)
    await stream.take()
    await files.remove('catalog.yaml')
    assert.deepEqual(
      [summary(await stream.take()), summary(await stream.take())],
      [`EDS -${catalog}`, 'LDS -catalog:80'],
    )
    await files.write('catalog.yaml', texts['catalog.yaml'])
    assert.deepEqual([summary(await stream.take()), summary(await stream.take())], [`EDS ${catalog}`, 'LDS catalog:80'])
  })

  it('gets nothing for what it unsubscribes from, nor of its changes', async (context) => {
    const { client, files } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('CDS', catalog, reviews)
    await stream.take()
    stream.ask('CDS', { resourceNamesUnsubscribe: [catalog] })
    await assertSilent(stream)
    await files.write('rule.yaml', balancerText('RANDOM'))
    await files.write('reviews.yaml', serviceText('reviews', ['127.0.0.2'], 81))
    assert.equal(summary(await stream.take()), `CDS -${reviews}`)
    await assertSilent(stream)
  })

  it('means all by a first request without names, or by "*"', async (context) => {
    const { client, files } = await started(context, texts)
    const all = `CDS ${catalog}, ${reviews}`
    const legacy = client().delta()
    legacy.ask('CDS', {})
    assert.equal(summary(await legacy.take()), all)
    const stream = client().delta()
    stream.subscribe('CDS', '*')
    assert.equal(summary(await stream.take()), all)
    await files.write('stock.yaml', serviceText('stock', []))
    const stock = 'outbound|80||stock.shop.svc.cluster.local'
    assert.equal(summary(await legacy.take()), `CDS ${stock}`)
    assert.equal(summary(await stream.take()), `CDS ${stock}`)
    stream.ask('CDS', { resourceNamesUnsubscribe: ['*'] })
    await files.remove('stock.yaml')
    assert.equal(summary(await legacy.take()), `CDS -${stock}`)
    await assertSilent(stream)
  })

  it('is answered even when all is nothing', async (context) => {
    const { client } = await started(context)
    const stream = client().delta()
    stream.subscribe('CDS', '*')
    assert.equal(summary(await stream.take()), 'CDS')
  })

  it('is told whether a name it unsubscribes from still comes by "*"', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('LDS', '*', 'catalog:80')
    await stream.take()
    const full = 'catalog.shop.svc.cluster.local:80'
    stream.subscribe('LDS', full)
    await stream.take()
    stream.ask('LDS', { resourceNamesUnsubscribe: ['catalog:80', full] })
    assert.equal(summary(await stream.take()), `LDS ${full}, -catalog:80`)
  })

  it('is sent only what changed while it was away', async (context) => {
    const { client, files, events } = await started(context, texts)
    const first = client().delta()
    first.subscribe('CDS', catalog, reviews, 'gone')
    const held = versions(await first.take())
    await files.write('rule.yaml', balancerText('RANDOM'))
    await events.next('reloaded')
    const again = client().delta()
    again.ask('CDS', {
      resourceNamesSubscribe: [catalog, reviews, 'gone'],
      initialResourceVersions: new Map([...held, ['never-asked-for', 'x']]),
    })
    assert.equal(summary(await again.take()), `CDS ${catalog}, -gone`)
    await assertSilent(again)
  })

  it('is not sent again what it refused, until that changes', async (context) => {
    const { client, files, events } = await started(context, texts)
    const stream = client().delta()
    stream.subscribe('CDS', catalog)
    stream.answer(await stream.next(), 'bad lb_policy')
    assert.equal((await events.next('nack')).reason, 'bad lb_policy')
    await assertSilent(stream)
    await files.write('rule.yaml', balancerText('RANDOM'))
    assert.equal(summary(await stream.take()), `CDS ${catalog}`)
  })
})
