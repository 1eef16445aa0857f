import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SotwTestStream, summary, testNode } from '../testing/ads-client.js'
import { balancerText, routeText, serviceText } from '../testing/mesh-files.js'
import { started } from '../testing/started.js'

const texts = {
  'catalog.yaml': serviceText('catalog', ['127.0.0.1']),
  'reviews.yaml': serviceText('reviews', ['127.0.0.2']),
}
const catalog = 'outbound|80||catalog.shop.svc.cluster.local'
const reviews = 'outbound|80||reviews.shop.svc.cluster.local'
let fresh = 0

/** Proves that nothing else was on its way: the answer to a request that is always answered comes next. */
async function assertSilent(stream: SotwTestStream, type: 'CDS' | 'LDS'): Promise<void> {
  const name = `no-such-name-${fresh++}`
  stream.ask(type, [name])
  const response = await stream.next()
  assert.equal(summary(response), type)
  stream.ask(type, [name], response)
}

describe('a state-of-the-world stream', () => {
  it('is answered with the names asked for that exist, at once, even when none does', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    assert.equal(summary(await stream.get('LDS', ['catalog:80', 'nobody:80'])), 'LDS catalog:80')
    assert.equal(summary(await stream.get('CDS', ['nothing'])), 'CDS')
    assert.equal(summary(await stream.get('RDS', [catalog, 'nothing'])), `RDS ${catalog}`)
    assert.equal(summary(await stream.get('EDS', [catalog])), `EDS ${catalog}`)
  })

  it('gives listeners by short names of the node’s namespace only', async (context) => {
    const { client } = await started(context, texts)
    const other = client().sotw(testNode({ NAMESPACE: 'front' }))
    assert.equal(summary(await other.get('LDS', ['catalog:80', 'catalog.shop:80'])), 'LDS catalog.shop:80')
    const fromId = client().sotw(testNode({ NAMESPACE: undefined }, 'sidecar~127.0.0.1~a.shop~shop.svc.cluster.local'))
    assert.equal(summary(await fromId.get('LDS', ['catalog:80'])), 'LDS catalog:80')
  })

  it('gets all of LDS and CDS when a name is added, and only what was added of RDS and EDS', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    const first = await stream.get('LDS', ['catalog:80'])
    assert.equal(summary(await stream.get('LDS', ['catalog:80', 'reviews:80'], first)), 'LDS catalog:80, reviews:80')
    const routes = await stream.get('RDS', [catalog])
    assert.equal(summary(await stream.get('RDS', [catalog, reviews], routes)), `RDS ${reviews}`)
  })

  it('gets nothing for an ACK, or when names are taken away', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    const response = await stream.get('LDS', ['catalog:80', 'reviews:80'])
    stream.ask('LDS', ['catalog:80'], response)
    await assertSilent(stream, 'CDS')
  })

  it('means all by no names at first, and none by no names later; "*" means all at any time', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    const listeners = 'LDS catalog.shop.svc.cluster.local:80, reviews.shop.svc.cluster.local:80'
    assert.equal(summary(await stream.get('LDS', [])), listeners)
    const some = await stream.get('CDS', [catalog])
    assert.equal(summary(some), `CDS ${catalog}`)
    stream.ask('CDS', [], some)
    await assertSilent(stream, 'LDS')
    assert.equal(summary(await stream.get('CDS', ['*'], some)), `CDS ${catalog}, ${reviews}`)
  })

  it('leaves a request aside that answers an older response; its names come with the answer to the newer one', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    stream.ask('LDS', ['catalog:80'])
    const first = await stream.next()
    stream.ask('LDS', ['catalog:80', 'nobody:80'], first)
    const second = await stream.next()
    stream.ask('LDS', ['reviews:80'], first)
    await assertSilent(stream, 'CDS')
    assert.equal(summary(await stream.get('LDS', ['reviews:80'], second)), 'LDS reviews:80')
  })

  it('is not sent again what it refused, until that changes', async (context) => {
    const { client, events, files, controlPlane } = await started(context, texts)
    const stream = client().sotw()
    stream.ask('CDS', [catalog])
    const refused = await stream.next()
    stream.ask('CDS', [catalog], refused, 'bad lb_policy')
    assert.deepEqual(await events.next('nack'), {
      kind: 'nack',
      nodeId: 'test-node',
      type: 'CDS',
      reason: 'bad lb_policy',
    })
    await assertSilent(stream, 'LDS')
    assert.deepEqual(controlPlane.status().streams[0]?.nacks, [{ type: 'CDS', reason: 'bad lb_policy' }])

    await files.write('rule.yaml', balancerText('RANDOM'))
    const changed = await stream.next()
    assert.equal(summary(changed), `CDS ${catalog}`)
    assert.notEqual(changed.versionInfo, refused.versionInfo)
    stream.ask('CDS', [catalog], changed)
    await assertSilent(stream, 'LDS')
    assert.deepEqual(controlPlane.status().streams[0]?.nacks, [])
  })

  it('takes the names of a NACK too', async (context) => {
    const { client } = await started(context, texts)
    const stream = client().sotw()
    stream.ask('LDS', ['catalog:80'])
    stream.ask('LDS', ['catalog:80', 'reviews:80'], await stream.next(), 'no')
    assert.equal(summary(await stream.next()), 'LDS catalog:80, reviews:80')
  })

  it('is sent only the types that changed for it, clusters before endpoints before listeners before routes', async (context) => {
    const { client, files } = await started(context, texts)
    const stream = client().sotw()
    await stream.get('LDS', ['catalog:80', 'reviews:80'])
    await stream.get('RDS', [catalog, reviews])
    await stream.get('CDS', [catalog, reviews])
    await stream.get('EDS', [catalog, reviews])

    await files.write('route.yaml', routeText('2s'))
    const routes = await stream.next()
    assert.equal(summary(routes), `RDS ${catalog}`)
    stream.ask('RDS', [catalog, reviews], routes)

    await files.write('catalog.yaml', serviceText('catalog', ['127.0.0.1', '127.0.0.3'], 81))
    const summaries: string[] = []
    for (let count = 0; count < 2; count++) {
      const response = await stream.next()
      summaries.push(summary(response))
    }
    // The port 80 is gone: LDS and CDS say so by leaving it out; EDS and RDS cannot, and say nothing.
    assert.deepEqual(summaries, [`CDS ${reviews}`, 'LDS reviews:80'])
  })

  it('gets the same version for the same content, on any stream', async (context) => {
    const { client } = await started(context, texts)
    const one = await client().sotw().get('CDS', [catalog])
    const two = await client().sotw().get('CDS', [catalog])
    const more = await client().sotw().get('CDS', [catalog, reviews])
    assert.equal(one.versionInfo, two.versionInfo)
    assert.notEqual(one.versionInfo, more.versionInfo)
  })

  it('that has not answered yet gets the latest state when it does, not every state before', async (context) => {
    const { client, files, events } = await started(context, texts)
    const stream = client().sotw()
    stream.ask('CDS', [catalog])
    const unanswered = await stream.next()
    await files.write('rule.yaml', balancerText('RANDOM'))
    await events.next('reloaded')
    await files.write('rule.yaml', balancerText('ROUND_ROBIN'))
    await events.next('reloaded')
    stream.ask('CDS', [catalog], unanswered)
    const latest = await stream.next()
    const direct = await client().sotw().get('CDS', [catalog])
    assert.equal(latest.versionInfo, direct.versionInfo)
    stream.ask('CDS', [catalog], latest)
    await assertSilent(stream, 'LDS')
  })
})
