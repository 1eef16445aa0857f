import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { Catalog, catalog, catalogUrl, connected, nodeId, toV1, toV2 } from './catalog.js'
import { buildGoControlPlane } from './go-control-plane.js'
import { brokenRoutes, cluster, endpoints, listener, type ProtoJson, routes, type WeightedRoute } from './resources.js'

const reviews = 'reviews.interop:8080'
const reviewsUrl = `http://${reviews}/reviews`

describe('against go-control-plane, state of the world', { skip: buildGoControlPlane() }, () => {
  const suite = suiteScope()
  let ports: Catalog['ports']
  let catalogResources: (...rules: WeightedRoute[]) => ProtoJson[]
  before(async () => {
    const upstreams = await Catalog.start(suite)
    ports = upstreams.ports
    catalogResources = (...rules) => upstreams.resources(...rules)
  })

  it('the first call waits for the configuration and reaches an endpoint; each type is acknowledged', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))
    assert.equal((await client.get(catalogUrl)).server, 'v1')

    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      const { nonce } = await controlPlane.acknowledged(type, '1')
      const answered = controlPlane.responses.filter((response) => response.type === type && response.version === '1')
      assert.ok(
        answered.some((response) => response.nonce === nonce),
        `the nonce of the ACK of ${type} is that of a response`,
      )
    }
    const [first, ...later] = controlPlane.requests
    assert.equal(first?.node, nodeId)
    assert.deepEqual([first?.version, first?.nonce], ['', ''])
    assert.ok(
      later.every((request) => request.node === null),
      'the node is sent once per stream',
    )
    assert.equal(new Set(controlPlane.requests.map((request) => request.stream)).size, 1)
  })

  it('changes of weights, routes, endpoints and clusters take effect while it runs', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))

    await controlPlane.serve('weights', catalogResources(toV2))
    await client.answeredBy('v2', catalogUrl)
    assert.equal((await client.get(`http://${catalog}/beta`)).server, 'v2')

    await controlPlane.serve('routes', catalogResources({ ...toV1, prefix: '/beta' }, toV2))
    await client.answeredBy('v1', `http://${catalog}/beta`)
    assert.equal((await client.get(catalogUrl)).server, 'v2')

    const moved = [listener(catalog), routes(catalog, toV2), cluster('catalog-v2'), endpoints('catalog-v2', ports.v1)]
    await controlPlane.serve('endpoints', moved)
    await client.answeredBy('v1', catalogUrl)

    const renamed = [
      listener(catalog),
      routes(catalog, { weights: { 'catalog-v3': 1 } }),
      cluster('catalog-v3'),
      endpoints('catalog-v3', ports.v2),
    ]
    await controlPlane.serve('clusters', renamed)
    await client.answeredBy('v2', catalogUrl)
  })

  it('a bad resource is rejected with its field; its siblings apply, and its last good value stays', async (t) => {
    const both = (version: WeightedRoute) => [...catalogResources(version), listener(reviews), routes(reviews, version)]
    const { controlPlane, client } = await connected(t, '1', both(toV1))
    assert.equal((await client.get(reviewsUrl)).server, 'v1')

    const broken = both(toV2).map((resource, index) => (index === 1 ? brokenRoutes(catalog) : resource))
    await controlPlane.serve('2', broken)
    const { error, version } = await controlPlane.request('a NACK', (request) => request.error !== null)
    assert.match(error ?? '', /virtual_hosts\[0\]\.routes\[1\]\.match\.safe_regex/)
    assert.ok(error?.includes(catalog), `names the resource: ${error}`)
    assert.ok(error?.includes(nodeId), `names the node: ${error}`)
    assert.equal(version, '1', 'a NACK carries the version before')
    await client.answeredBy('v2', reviewsUrl)
    assert.equal((await client.get(catalogUrl)).server, 'v1')

    await controlPlane.serve('3', both(toV2))
    await controlPlane.acknowledged('RouteConfiguration', '3')
    await client.answeredBy('v2', catalogUrl)
  })

  it('a rejected resource that is sent again at once is rejected at most twice a second', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))
    await controlPlane.serve('2', [...catalogResources(toV1).toSpliced(1, 1), brokenRoutes(catalog)])

    const rejections = () => controlPlane.requests.filter((request) => request.error !== null)
    await controlPlane.request('the fourth NACK', () => rejections().length >= 4)
    const times = rejections().map((request) => request.atMs)
    const elapsedMs = times.at(-1)! - times[0]!
    assert.ok(times.length - 1 <= (elapsedMs / 1_000) * 2, `${times.length} rejections in ${elapsedMs} ms`)
    assert.equal((await client.get(catalogUrl)).server, 'v1')
  })

  it('when its streams are ended, traffic goes on, and the next stream resumes where the last one was', async (t) => {
    const { controlPlane, client } = await connected(t, '7', catalogResources(toV1))
    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      await controlPlane.acknowledged(type, '7')
    }
    const load = await client.load({ url: catalogUrl, callers: 4 })
    await load.more(20)
    for (let stream = 2; stream <= 3; stream += 1) {
      await controlPlane.endStreams()
      await controlPlane.request(`endpoints asked for on stream ${stream}`, (request) => {
        return request.stream === stream && request.type === 'ClusterLoadAssignment'
      })
    }
    await load.more(20)
    const report = await load.stop()
    assert.deepEqual([report.failed, report.failures], [0, {}])

    for (const stream of [2, 3]) {
      const requests = controlPlane.requests.filter((request) => request.stream === stream)
      assert.deepEqual(
        requests.map(({ node }) => node),
        [nodeId, ...requests.slice(1).map(() => null)],
      )
      for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
        const first = requests.find((request) => request.type === type)
        assert.deepEqual([first?.version, first?.nonce], ['7', ''], `first ${type} request of stream ${stream}`)
      }
    }
    await controlPlane.serve('8', catalogResources(toV2))
    await client.answeredBy('v2', catalogUrl)
  })

  it('while connections are refused, traffic goes on and attempts are spread out; then updates apply', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))
    const load = await client.load({ url: catalogUrl, callers: 4 })
    await load.more(20)
    await controlPlane.refuse(true)
    await controlPlane.refused(3)
    await load.more(20)
    const report = await load.stop()
    assert.deepEqual([report.failed, report.failures], [0, {}])
    assert.deepEqual(Object.keys(report.servers), ['v1'])

    const [first = 0, second = 0, third = 0] = controlPlane.refusals
    // 1 s and 1.6 s, each a fifth less at most.
    assert.ok(second - first >= 750 && third - second >= 1_200, `refused at ${controlPlane.refusals.join(', ')} ms`)

    await controlPlane.serve('2', catalogResources(toV2))
    await controlPlane.refuse(false)
    await controlPlane.acknowledged('RouteConfiguration', '2')
    await client.answeredBy('v2', catalogUrl)
  })

  it('no request fails while weights, endpoints, routes and clusters change under load', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))
    const changes: ((step: number) => ProtoJson[])[] = [
      (step) => catalogResources({ weights: { 'catalog-v1': 1 + step, 'catalog-v2': 100 } }),
      (step) => catalogResources({ ...toV1, prefix: `/products/${step}` }, toV2),
      (step) => [
        listener(catalog),
        routes(catalog, toV1),
        cluster('catalog-v1'),
        endpoints('catalog-v1', ...(step % 8 < 4 ? [ports.v1, ports.v2] : [ports.v2])),
      ],
      (step) => [
        listener(catalog),
        routes(catalog, { weights: { [`catalog-${step}`]: 1 } }),
        cluster(`catalog-${step}`),
        endpoints(`catalog-${step}`, ports.v1),
      ],
    ]
    const updates = 60
    const load = await client.load({ url: catalogUrl, callers: 4 })
    for (let step = 2; step < updates + 2; step += 1) {
      await controlPlane.serve(String(step), changes[step % changes.length]!(step))
      await controlPlane.acknowledged('RouteConfiguration', String(step))
      await controlPlane.acknowledged('ClusterLoadAssignment', String(step))
      await load.more(4)
    }
    const report = await load.stop()
    assert.deepEqual([report.failed, report.failures], [0, {}])
    assert.ok(report.calls >= updates * 4)
    assert.deepEqual(Object.keys(report.servers).sort(), ['v1', 'v2'])
    assert.deepEqual(
      controlPlane.requests.filter((request) => request.error !== null),
      [],
    )
  })

  it('a process that has done its work ends by itself, though the stream is open', async (t) => {
    const { controlPlane, client } = await connected(t, '1', catalogResources(toV1))
    await controlPlane.acknowledged('ClusterLoadAssignment', '1')
    client.process.endInput()
    assert.deepEqual(await client.process.exited, { code: 0, signal: null }, client.process.output)
  })
})
