import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, durationFromMilliseconds, LoadStatsRequest, LoadStatsResponse } from '@inmesh/xds-proto'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { RouterBench, serverEntry } from '../testing/router-bench.js'
import { fullStateType, textResource } from '../testing/text-resource.js'

const lds = fullStateType()
const LISTENER = 'envoy.config.listener.v3.Listener'

/** The streams of load reports to a server that are open or tried. */
function loadStreams(bench: RouterBench, address: string): FakeStream[] {
  const streams = bench.openers.get(address)?.flatMap((opener) => opener.streams) ?? []
  return streams.filter(({ method, isCancelled }) => method.includes('LoadReporting') && !isCancelled)
}

function resourceStream(bench: RouterBench, address: string): FakeStream {
  const streams = bench.openers.get(address)!.at(-1)!.streams
  return streams.filter(({ method }) => method.includes('Aggregated')).at(-1)!
}

function askForAll(stream: FakeStream): void {
  stream.listener.opened()
  const loadReportingInterval = durationFromMilliseconds(1_000)
  const order = create(LoadStatsResponse, { sendAllClusters: true, loadReportingInterval })
  stream.deliver(LoadStatsResponse.encode(order).finish())
}

function drops(stream: FakeStream): bigint[] {
  return stream
    .takeMessages(LoadStatsRequest)
    .flatMap(({ clusterStats }) => clusterStats.map(({ totalDroppedRequests }) => totalDroppedRequests))
}

test('load of a cluster goes to the servers of its authority, over the connection that resources come by', async () => {
  const bench = new RouterBench({
    xds_servers: [serverEntry('a:1')],
    authorities: { far: { xds_servers: [serverEntry('f:1')] } },
  })
  bench.router.watch(lds, 'x', new RecordingWatcher())
  bench.router.watch(lds, `xdstp://far/${LISTENER}/x`, new RecordingWatcher())
  bench.router.recordLoad('c', { serviceName: '', metrics: [] })
  assert.deepEqual([loadStreams(bench, 'a:1').length, loadStreams(bench, 'f:1').length], [1, 0])
  bench.router.recordLoad('xdstp://far/envoy.config.cluster.v3.Cluster/c', { serviceName: 's', metrics: [] })
  assert.deepEqual([loadStreams(bench, 'a:1').length, loadStreams(bench, 'f:1').length], [1, 1])
  assert.deepEqual([bench.openers.get('a:1')?.length, bench.openers.get('f:1')?.length], [1, 1])
  await settled()
})

test('load follows the server in use, with what was counted meanwhile', async () => {
  const bench = new RouterBench([serverEntry('a:1'), serverEntry('b:1')])
  bench.router.watch(lds, 'x', new RecordingWatcher())
  resourceStream(bench, 'a:1').listener.ended({ status: 14, reason: 'refused' })
  await settled()
  resourceStream(bench, 'b:1').listener.opened()
  resourceStream(bench, 'b:1').respond(lds.typeUrl, 'v1', 'n1', [textResource('x', 'from b')])
  await settled()
  const recorder = bench.router.recordLoad('c', { serviceName: '', metrics: [] })
  recorder.dropped('')
  assert.deepEqual([loadStreams(bench, 'a:1').length, loadStreams(bench, 'b:1').length], [0, 1])

  await bench.clock.advance(2_000)
  resourceStream(bench, 'a:1').listener.opened()
  resourceStream(bench, 'a:1').respond(lds.typeUrl, 'v1', 'n1', [textResource('x', 'from a')])
  await settled()
  assert.deepEqual([loadStreams(bench, 'a:1').length, loadStreams(bench, 'b:1').length], [1, 0])
  const [stream] = loadStreams(bench, 'a:1')
  askForAll(stream!)
  recorder.dropped('')
  await bench.clock.advance(1_000)
  assert.deepEqual(drops(stream!), [2n])
  recorder.dropped('')
  const flushed = bench.router.flush()
  assert.deepEqual(drops(stream!), [1n])
  stream!.listener.ended({ status: 0, reason: '' })
  await flushed
  bench.router.close()
  assert.equal(bench.clock.timerCount, 0)
})
