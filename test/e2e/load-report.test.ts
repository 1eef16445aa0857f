import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createMesh } from 'inmesh'
import { cluster, endpoints, listener, routes } from '../interop/resources.js'
import { ReportedControlPlane } from './reported-control-plane.js'

test('a control plane hears of the load of a cluster, and of the last of it when the mesh closes', async () => {
  const upstream = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1))
    response.setHeader('endpoint-load-metrics', 'TEXT named_metrics.queue=2')
    response.end()
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  after(() => upstream.close())

  const { port } = upstream.address() as AddressInfo
  const plane = new ReportedControlPlane([
    listener('catalog:80'),
    routes('catalog:80', { weights: { catalog: 1 } }),
    { ...cluster('catalog'), lrs_server: { self: {} }, lrs_report_endpoint_metrics: ['named_metrics.*'] },
    endpoints('catalog', port),
  ])
  const address = await plane.start()
  const mesh = await createMesh({
    bootstrap: {
      xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'caller' },
    },
  })

  const firstReport = new Promise<void>((resolve) => {
    plane.onReport = () => {
      if (plane.reports.at(-1)!.length > 0) resolve()
    }
  })
  for (const status of [200, 404]) {
    const response = await mesh.fetch(`http://catalog/${status}`)
    assert.equal(response.status, status)
    await response.text()
  }
  await firstReport
  await (await mesh.fetch('http://catalog/500')).text()
  await mesh.close()

  const stats = plane.reports.flat()
  assert.deepEqual([...new Set(stats.map(({ clusterName }) => clusterName))], ['catalog'])
  const localities = stats.flatMap(({ upstreamLocalityStats }) => upstreamLocalityStats)
  const sum = (count: (each: (typeof localities)[number]) => bigint): bigint =>
    localities.reduce((total, each) => total + count(each), 0n)
  assert.deepEqual(
    [
      sum((each) => each.totalIssuedRequests),
      sum((each) => each.totalSuccessfulRequests),
      sum((each) => each.totalErrorRequests),
      localities.at(-1)?.totalRequestsInProgress,
    ],
    [3n, 2n, 1n, 0n],
  )
  const metrics = localities.flatMap(({ loadMetricStats }) => loadMetricStats)
  assert.deepEqual([...new Set(metrics.map(({ metricName }) => metricName))], ['named_metrics.queue'])
  assert.equal(
    metrics.reduce((total, { totalMetricValue }) => total + totalMetricValue, 0),
    6,
  )
  assert.equal(plane.farewells, 1)
})
