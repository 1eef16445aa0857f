import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { RouterBench, serverEntry } from '../testing/router-bench.js'
import { fullStateType, textResource } from '../testing/text-resource.js'

const lds = fullStateType()
const LISTENER = 'envoy.config.listener.v3.Listener'

function bench(): RouterBench {
  return new RouterBench({
    xds_servers: [serverEntry('a:1')],
    authorities: {
      near: {},
      far: { xds_servers: [serverEntry('f:1')] },
      'far-too': { xds_servers: [serverEntry('f:1')] },
      other: { xds_servers: [serverEntry('f:1', ['fail_on_data_errors'])] },
    },
  })
}

function watch(on: RouterBench, name: string): RecordingWatcher {
  const watcher = new RecordingWatcher()
  on.router.watch(lds, name, watcher)
  return watcher
}

test('a name is asked of the servers of its authority, and an old one of those of the bootstrap', async () => {
  const on = bench()
  const names = ['plain', `xdstp://near/${LISTENER}/n`, `xdstp://far/${LISTENER}/f`] as const
  const watchers = names.map((name) => watch(on, name))
  const [main, far] = [await on.open('a:1'), await on.open('f:1')]
  assert.deepEqual(main.take()[0]?.names, ['plain', names[1]])
  assert.deepEqual(far.take()[0]?.names, [names[2]])
  far.respond(lds.typeUrl, 'v1', 'n1', [textResource(names[2], 'from far')])
  main.respond(lds.typeUrl, 'v1', 'n1', [textResource('plain', 'one'), textResource(names[1], 'two')])
  await settled()
  assert.deepEqual(
    watchers.map((watcher) => watcher.take()),
    [['changed one'], ['changed two'], ['changed from far']],
  )
})

test('authorities with the same server share a stream; other features make another server', async () => {
  const on = bench()
  watch(on, `xdstp://far/${LISTENER}/x`)
  watch(on, `xdstp://far-too/${LISTENER}/x`)
  await settled()
  assert.equal(on.openers.get('f:1')?.length, 1)
  watch(on, `xdstp://other/${LISTENER}/x`)
  assert.equal(on.openers.get('f:1')?.length, 2)
})

test('names that differ in the order of their context parameters are one resource', async () => {
  const on = bench()
  const one = watch(on, `xdstp://near/${LISTENER}/x?b=2&a=1`)
  const same = watch(on, `xdstp://near/${LISTENER}/x?a=1&b=2`)
  const stream = await on.open('a:1')
  assert.deepEqual(stream.take()[0]?.names, [`xdstp://near/${LISTENER}/x?a=1&b=2`])
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource(`xdstp://near/${LISTENER}/x?b=2&a=1`, 'one')])
  await settled()
  assert.deepEqual([one.take(), same.take()], [['changed one'], ['changed one']])
})

const refused: readonly (readonly [title: string, name: string, code: string, message: RegExp])[] = [
  ['an authority that the bootstrap does not name', `xdstp://nowhere/${LISTENER}/x`, 'AUTHORITY_UNKNOWN', /"nowhere"/],
  ['no authority', `xdstp:///${LISTENER}/x`, 'AUTHORITY_UNKNOWN', /authority ""/],
  ['the name of a property of every object', `xdstp://constructor/${LISTENER}/x`, 'AUTHORITY_UNKNOWN', /constructor/],
  ['no id', `xdstp://near/${LISTENER}/`, 'RESOURCE_INVALID', /not of the form/],
  ['no type', 'xdstp://near', 'RESOURCE_INVALID', /not of the form/],
  ['another type', 'xdstp://near/envoy.config.cluster.v3.Cluster/x', 'RESOURCE_INVALID', /Cluster, and LDS/],
]

for (const [title, name, code, message] of refused) {
  test(`a name with ${title} fails at once, and asks nobody`, async () => {
    const on = bench()
    const watcher = watch(on, name)
    assert.deepEqual(watcher.take(), [], 'not from inside watch()')
    await settled()
    assert.deepEqual(watcher.take(), [`failed ERR_INMESH_${code}`])
    assert.match(watcher.errors[0]!.message, message)
    assert.deepEqual(on.tried, [])
  })
}

test('another node is presented to every server', async () => {
  const on = bench()
  watch(on, 'x')
  watch(on, `xdstp://far/${LISTENER}/x`)
  on.router.useNode({ id: 'node-2', cluster: '', locality: undefined, metadata: {} })
  for (const address of ['a:1', 'f:1']) {
    const stream = await on.open(address)
    assert.equal(stream.take()[0]?.node, 'node-2')
  }
})
