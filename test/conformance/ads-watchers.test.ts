import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClientProcess } from './harness/client-process.js'
import {
  assignment,
  brokenListener,
  cluster,
  endpoints,
  listener,
  locality,
  routes,
  to,
  typeNames,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import type { ScriptedResource } from './harness/world.js'

describe('ADS: watchers', () => {
  it('#15 a watch begun inside a callback is served, once the callback is over', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one'), listener('two'), routes('r', to('c'))])
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one', {
      watcher: 'two',
      type: 'listener',
      name: 'two',
      alsoWatch: {
        watcher: 'routes',
        type: 'routes',
        name: 'r',
        alsoWatch: { watcher: 'again', type: 'listener', name: 'one' },
      },
    })
    await client.heard('again', 'changed')
    for (const watcher of ['one', 'two', 'routes']) assert.deepEqual(client.told(watcher), ['changed'])
  })

  it('#17 two watches of one resource are one subscription; a copy that is the same is told to nobody', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('first', 'listener', 'one')
    await client.watch('second', 'listener', 'one')
    await client.heard('first', 'changed')
    await client.heard('second', 'changed')
    await plane.acknowledged('Listener', '1')
    await plane.send({ type: typeNames.listener, version: '2', resources: [listener('one')] })
    await plane.acknowledged('Listener', '2')
    assert.deepEqual([client.told('first'), client.told('second')], [['changed'], ['changed']])
    await plane.send({ type: typeNames.listener, version: '3', resources: [listener('one', 'other')] })
    await client.heard('first', 'changed', 2)
    await client.heard('second', 'changed', 2)
    await client.unwatch('second')
    await plane.send({ type: typeNames.listener, version: '4', resources: [listener('one')] })
    await client.heard('first', 'changed', 3)
    assert.deepEqual(client.told('second'), ['changed', 'changed'])
    for (const { names } of plane.requests('Listener')) assert.deepEqual(names, ['one'])
  })

  it('#18 a later watcher is served from the cache, without a request', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('first', 'listener', 'one')
    await plane.acknowledged('Listener', '1')
    const requests = plane.requests().length
    await client.watch('second', 'listener', 'one')
    await client.heard('second', 'changed')
    await client.watch('other type', 'cluster', 'c')
    await plane.request('what was asked for later', ({ type }) => type === 'Cluster')
    assert.equal(plane.requests('Listener').length, requests)
  })

  it('#19 the timer stops when the resource comes, even where it comes malformed', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('good'), brokenListener('bad')])
    const client = await ClientProcess.start(t, plane, { clockFactor: 20 })
    await client.watch('good', 'listener', 'good')
    await client.watch('bad', 'listener', 'bad')
    await client.heard('good', 'changed')
    await client.heard('bad', 'failed')
    // Its timer starts later than theirs, so that they had their time when it is up.
    await client.watch('never', 'cluster', 'never')
    await client.heard('never', 'missing')
    assert.ok(!client.told('good').includes('missing'), client.told('good').join())
    assert.ok(!client.told('bad').includes('missing'), client.told('bad').join())
  })

  it('#20 where deletions count, a listener that a response lacks is gone, and it alone', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one'), listener('two')])
    const client = await ClientProcess.start(t, plane, { serverFeatures: ['fail_on_data_errors'] })
    for (const name of ['one', 'two']) {
      await client.watch(name, 'listener', name)
      await client.heard(name, 'changed')
    }
    await plane.remove('2', 'Listener', 'two')
    await client.heard('two', 'missing')
    assert.deepEqual(client.told('one'), ['changed'])
    await plane.set('3', listener('two'))
    await client.heard('two', 'changed', 2)
  })

  it('#21 who watches a resource that was deleted hears so at once', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one'), listener('two')])
    const client = await ClientProcess.start(t, plane, { serverFeatures: ['fail_on_data_errors'] })
    await client.watch('first', 'listener', 'two')
    await client.heard('first', 'changed')
    await plane.remove('2', 'Listener', 'two')
    await client.heard('first', 'missing')
    await plane.acknowledged('Listener', '2')
    const requests = plane.requests('Listener').length
    await client.watch('late', 'listener', 'two')
    await client.heard('late', 'missing')
    assert.equal(plane.requests('Listener').length, requests)
  })

  it('#22 who watches a resource whose update was refused hears the good value, then the refusal', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('first', 'listener', 'one')
    await client.heard('first', 'changed')
    await plane.set('2', brokenListener('one'))
    assert.match(await client.heard('first', 'ambient'), /http_filters/)
    await client.watch('late', 'listener', 'one')
    assert.match(await client.heard('late', 'ambient'), /http_filters/)
    assert.deepEqual(client.told('late'), ['changed', 'ambient'])
  })

  for (const type of ['listener', 'cluster'] as const) {
    it(`#24 a ${type} that never came and is not in the answer is waited for, not deleted`, async (t) => {
      const make = type === 'listener' ? listener : cluster
      const plane = await ScriptedControlPlane.start(t, [make('one')])
      const client = await ClientProcess.start(t, plane)
      await client.watch('one', type, 'one')
      await client.watch('two', type, 'two')
      await client.heard('one', 'changed')
      await plane.request(
        'the answer is accepted',
        ({ names, nonce, error }) => nonce !== '' && names?.includes('two') === true && error === null,
      )
      await plane.set('2', make('two'))
      await client.heard('two', 'changed')
      assert.ok(!client.told('two').includes('missing'), client.told('two').join())
      assert.deepEqual(client.told('one'), ['changed'])
    })
  }

  for (const [type, make] of [
    ['routes', (name: string, to_: string) => routes(name, to(to_))],
    ['endpoints', (name: string, port: string) => endpoints(name, Number(port))],
  ] as const) {
    it(`#25 of ${type}, absence from an answer means nothing`, async (t) => {
      const plane = await ScriptedControlPlane.start(t, [make('one', '1'), make('two', '2')])
      const client = await ClientProcess.start(t, plane, { serverFeatures: ['fail_on_data_errors'] })
      for (const name of ['one', 'two']) {
        await client.watch(name, type, name)
        await client.heard(name, 'changed')
      }
      await plane.send({ type: typeNames[type], version: '2', resources: [make('one', '3')] })
      await client.heard('one', 'changed', 2)
      await plane.send({ type: typeNames[type], version: '3', resources: [] })
      await plane.send({ type: typeNames[type], version: '4', resources: [make('two', '4')] })
      await client.heard('two', 'changed', 2)
      assert.deepEqual(client.told('one'), ['changed', 'changed'])
      assert.deepEqual(client.told('two'), ['changed', 'changed'])
    })
  }

  it('#4 a watcher hears the same refusal once, and the value again when it is whole', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await client.heard('one', 'changed')
    for (const version of ['2', '3']) {
      await plane.send({ type: typeNames.listener, version, resources: [brokenListener('one')] })
    }
    await client.heard('one', 'ambient')
    await plane.send({ type: typeNames.listener, version: '4', resources: [listener('one')] })
    await client.heard('one', 'changed', 2)
    assert.deepEqual(client.told('one'), ['changed', 'ambient', 'changed'])
  })

  /** So large that it is taken over in many slices. */
  const large = (port: number): ScriptedResource =>
    assignment(
      'large',
      locality(
        'a',
        Array.from({ length: 10_000 }, (_, index) => ({
          endpoint: { address: { socket_address: { address: `10.0.${index >> 8}.${index & 255}`, port_value: port } } },
        })),
      ),
    )

  it('#10 responses are taken one after the other: each is answered when its watchers were told, in order', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [large(1), listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('large', 'endpoints', 'large')
    await client.heard('large', 'changed')
    await plane.acknowledged('ClusterLoadAssignment', '1')
    const nonces = await plane.sendAll(
      [2, 3, 4].map((port) => ({ type: typeNames.endpoints, version: String(port), resources: [large(port)] })),
    )
    await plane.acknowledged('ClusterLoadAssignment', '4')
    const answered = plane.requests('ClusterLoadAssignment').map(({ nonce }) => nonce)
    assert.deepEqual(
      answered.filter((nonce) => nonces.includes(nonce)),
      nonces,
    )
    assert.equal(client.told('large').at(-1), 'changed')
  })

  it('#11 an error is told before what comes after it', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [large(1)])
    const client = await ClientProcess.start(t, plane)
    await client.watch('large', 'endpoints', 'large')
    await client.heard('large', 'changed')
    const broken = assignment('large', locality('a', [1], { priority: 3 }))
    await plane.send({ type: typeNames.endpoints, version: '2', resources: [broken] })
    await plane.send({ type: typeNames.endpoints, version: '3', resources: [large(3)] })
    await client.heard('large', 'changed', 2)
    assert.deepEqual(client.told('large'), ['changed', 'ambient', 'changed'])
  })
})
