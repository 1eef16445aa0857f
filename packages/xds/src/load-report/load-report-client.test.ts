import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { silentLogger } from '@inmesh/core'
import { create, durationFromMilliseconds, LoadStatsRequest, LoadStatsResponse } from '@inmesh/xds-proto'
import { middling, someNode } from '../testing/ads-bench.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { FakeOpener } from '../testing/fake-stream.js'
import { LoadCounter } from './load-counter.js'
import { LoadReportClient } from './load-report-client.js'

let clock: FakeClock
let opener: FakeOpener
let client: LoadReportClient

beforeEach(() => {
  clock = new FakeClock()
  opener = new FakeOpener()
  client = new LoadReportClient({ uri: 'x:1', opener, node: someNode, clock, random: middling, logger: silentLogger })
})

function counter(cluster: string): LoadCounter {
  const made = new LoadCounter(cluster, { serviceName: '', metrics: [] }, clock.now(), (closed) =>
    client.counterClosed(closed),
  )
  client.add(made)
  return made
}

function order(fields: Partial<LoadStatsResponse> & { intervalMs?: number }): void {
  const { intervalMs = 10_000, ...others } = fields
  const response = create(LoadStatsResponse, { loadReportingInterval: durationFromMilliseconds(intervalMs), ...others })
  opener.last.deliver(LoadStatsResponse.encode(response).finish())
}

/** Each report as `cluster:drops`. */
function reports(): string[] {
  return opener.last
    .takeMessages(LoadStatsRequest)
    .map(({ clusterStats }) => clusterStats.map((stats) => `${stats.clusterName}:${stats.totalDroppedRequests}`).join())
}

async function open(): Promise<void> {
  opener.last.listener.opened()
  await settled()
}

test('nothing is opened before there is something to count', () => {
  assert.equal(opener.streams.length, 0)
  counter('a')
  counter('b')
  assert.equal(opener.streams.length, 1)
  assert.equal(opener.last.method, '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats')
})

test('the first message says who speaks, and that all clusters may be asked for; later ones do not', async () => {
  counter('a').dropped('x')
  await open()
  order({ sendAllClusters: true })
  await clock.advance(10_000)
  const [first, second] = opener.last.takeMessages(LoadStatsRequest)
  assert.equal(first?.node?.id, 'node-1')
  assert.deepEqual(first?.node?.clientFeatures, ['envoy.lrs.supports_send_all_clusters'])
  assert.deepEqual(first?.clusterStats, [])
  assert.equal(second?.node, undefined)
  assert.equal(second?.clusterStats.length, 1)
})

test('every cluster that is named is reported at each interval, the first of the list included', async () => {
  const counters = ['a', 'b', 'c'].map(counter)
  await open()
  order({ clusters: ['a', 'c'] })
  await settled()
  reports()
  for (const each of counters) each.dropped('')
  await clock.advance(9_999)
  assert.deepEqual(reports(), [])
  await clock.advance(1)
  assert.deepEqual(reports(), ['a:1,c:1'])
  counters[0]!.dropped('')
  await clock.advance(10_000)
  assert.deepEqual(reports(), ['a:1'])
  await clock.advance(10_000)
  assert.deepEqual(reports(), [''], 'nothing to tell is told too')
  order({ sendAllClusters: true })
  await clock.advance(10_000)
  assert.deepEqual(reports(), ['b:1'])
})

test('an order that is repeated puts no report off, and another interval counts from the last report', async () => {
  counter('a')
  await open()
  order({})
  await clock.advance(6_000)
  order({})
  await clock.advance(4_000)
  assert.equal(reports().length, 2)
  await clock.advance(4_000)
  order({ intervalMs: 5_000 })
  await clock.advance(1_000)
  assert.equal(reports().length, 1)
})

test('reports come once a second at most', async () => {
  counter('a')
  await open()
  order({ intervalMs: 1 })
  reports()
  await clock.advance(3_000)
  assert.equal(reports().length, 3)
})

test('an order without an interval ends the stream, which is opened again', async () => {
  for (const intervalMs of [0, -1]) {
    counter('a')
    await open()
    const stream = opener.last
    order({ intervalMs })
    assert.ok(stream.isCancelled)
    await clock.advance(120_000)
    assert.notEqual(opener.last, stream)
  }
})

test('a stream that ends is opened again, presents the node anew and waits to be asked', async () => {
  counter('a').dropped('')
  await open()
  order({ sendAllClusters: true })
  opener.last.listener.ended({ status: 14, reason: 'gone' })
  await clock.advance(60_000)
  assert.equal(opener.streams.length, 2)
  await open()
  const [hello] = opener.last.takeMessages(LoadStatsRequest)
  assert.equal(hello?.node?.id, 'node-1')
  await clock.advance(60_000)
  assert.deepEqual(reports(), [])
  order({ sendAllClusters: true })
  await clock.advance(10_000)
  assert.deepEqual(reports(), ['a:1'], 'what was counted meanwhile is told')
})

test('a counter that was closed is reported once more, and the last one ends the stream', async () => {
  const only = counter('a')
  await open()
  order({ sendAllClusters: true })
  only.dropped('')
  only.close()
  reports()
  await clock.advance(10_000)
  assert.deepEqual(reports(), ['a:1'])
  assert.ok(opener.last.isCancelled)
  assert.equal(clock.timerCount, 0)
  counter('b')
  assert.equal(opener.streams.length, 2)
})

test('closed counters that nobody asks for do not pile up', async () => {
  counter('a').close()
  assert.ok(opener.last.isCancelled)
  const kept = counter('b')
  await open()
  order({ sendAllClusters: true })
  const closed = counter('c')
  closed.close()
  opener.last.listener.ended({ status: 14, reason: 'gone' })
  closed.dropped('')
  kept.dropped('')
  await clock.advance(60_000)
  await open()
  order({ sendAllClusters: true })
  await clock.advance(10_000)
  assert.deepEqual(reports(), ['', 'b:1'])
})

test('a flush reports at once, ends its half and waits for the server, for a second at most', async () => {
  for (const answers of [true, false]) {
    const fresh = answers
      ? client
      : new LoadReportClient({ uri: 'x:1', opener, node: someNode, clock, random: middling, logger: silentLogger })
    client = fresh
    counter('a').dropped('')
    await open()
    order({ sendAllClusters: true })
    reports()
    let isFlushed = false
    const flushed = client.flush().then(() => {
      isFlushed = true
    })
    await settled()
    assert.deepEqual([reports(), opener.last.isFinished, isFlushed], [['a:1'], true, false])
    if (answers) opener.last.listener.ended({ status: 0, reason: '' })
    else await clock.advance(1_000)
    await flushed
    assert.ok(answers || opener.last.isCancelled)
    assert.equal(clock.timerCount, 0)
  }
})

test('a flush that nobody asked for reports does nothing, and neither does a second one', async () => {
  counter('a')
  await open()
  await client.flush()
  await client.flush()
  assert.equal(clock.timerCount, 0)
  assert.ok(opener.last.isCancelled)
})

test('another node is presented on a new stream', async () => {
  counter('a')
  await open()
  order({ sendAllClusters: true })
  client.useNode({ ...someNode, id: 'node-2' })
  await open()
  assert.equal(opener.last.takeMessages(LoadStatsRequest)[0]?.node?.id, 'node-2')
  assert.equal(clock.timerCount, 0, 'it waits to be asked')
})
