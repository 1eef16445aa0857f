import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { Catalog, catalog, catalogUrl, connected, nodeId, toV1, toV2 } from './catalog.js'
import { buildGoControlPlane, type DiscoveryRequest, type GoControlPlane } from './go-control-plane.js'
import { brokenRoutes, cluster, endpoints, listener, type ProtoJson, routes } from './resources.js'

const incremental = { INMESH_XDS_PROTOCOL: 'delta' }
const everyType = ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']

/** Waits until every response of a type so far was accepted. */
async function accepted(controlPlane: GoControlPlane, type: string, version: string): Promise<DiscoveryRequest> {
  return await controlPlane.request(`the ACK of ${type} ${version}`, ({ nonce, error, stream }) => {
    if (nonce === '' || error !== null) return false
    return controlPlane.responses.some(
      (response) =>
        response.type === type &&
        response.version === version &&
        response.nonce === nonce &&
        response.stream === stream,
    )
  })
}

describe('against go-control-plane, incremental', { skip: buildGoControlPlane() }, () => {
  const suite = suiteScope()
  let upstreams: Catalog
  before(async () => {
    upstreams = await Catalog.start(suite)
  })

  it('names are subscribed to one by one, and each response is accepted by its nonce', async (t) => {
    const { controlPlane, client } = await connected(t, '1', upstreams.resources(toV1), incremental)
    assert.equal((await client.get(catalogUrl)).server, 'v1')
    for (const type of everyType) await accepted(controlPlane, type, '1')

    const { requests } = controlPlane
    assert.ok(requests.every((request) => request.delta))
    assert.deepEqual(
      requests.map(({ node }) => node),
      [nodeId, ...requests.slice(1).map(() => null)],
      'the node is sent once per stream',
    )
    assert.equal(new Set(requests.map(({ stream }) => stream)).size, 1)
    for (const { subscribe, nonce, initialVersions } of requests) {
      assert.ok(subscribe === undefined || nonce === '', 'a subscription carries no nonce')
      assert.equal(initialVersions, undefined, 'nothing is held on the first stream')
    }
    const subscribed = requests.flatMap(({ type, subscribe = [] }) => subscribe.map((name) => `${type} ${name}`))
    assert.deepEqual(subscribed.toSorted(), [
      'Cluster catalog-v1',
      'ClusterLoadAssignment catalog-v1',
      `Listener ${catalog}`,
      `RouteConfiguration ${catalog}`,
    ])
  })

  it('changes of weights, routes, endpoints and clusters take effect, and only what changed is sent', async (t) => {
    const { controlPlane, client } = await connected(t, '1', upstreams.resources(toV1), incremental)
    for (const type of everyType) await accepted(controlPlane, type, '1')

    await controlPlane.serve('weights', upstreams.resources(toV2))
    await client.answeredBy('v2', catalogUrl)
    await accepted(controlPlane, 'RouteConfiguration', 'weights')
    const sent = controlPlane.responses.filter(({ version }) => version === 'weights').map(({ type }) => type)
    assert.deepEqual(new Set(sent), new Set(['RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']))
    await controlPlane.request('the first cluster is let go', ({ type, unsubscribe }) => {
      return type === 'Cluster' && unsubscribe?.includes('catalog-v1') === true
    })

    const { ports } = upstreams
    const moved = [listener(catalog), routes(catalog, toV2), cluster('catalog-v2'), endpoints('catalog-v2', ports.v1)]
    await controlPlane.serve('endpoints', moved)
    await client.answeredBy('v1', catalogUrl)
  })

  it('a bad resource is rejected by its nonce and not sent again until it changes; its last good value stays', async (t) => {
    const { controlPlane, client } = await connected(t, '1', upstreams.resources(toV1), incremental)
    await controlPlane.serve('2', [...upstreams.resources(toV1).toSpliced(1, 1), brokenRoutes(catalog)])
    const nack = await controlPlane.request('a NACK', (request) => request.error !== null)
    assert.match(nack.error ?? '', /virtual_hosts\[0\]\.routes\[1\]\.match\.safe_regex/)
    assert.ok(nack.error?.includes(nodeId))
    assert.notEqual(nack.nonce, '')
    assert.equal((await client.get(catalogUrl)).server, 'v1')

    await controlPlane.serve('3', upstreams.resources(toV2))
    await client.answeredBy('v2', catalogUrl)
    assert.equal(controlPlane.requests.filter((request) => request.error !== null).length, 1)
  })

  it('a service that is deleted and made again the same is in use again', async (t) => {
    const { controlPlane, client } = await connected(t, '1', upstreams.resources(toV1), {
      ...incremental,
      INMESH_DELETED_RESOURCES: 'drop',
    })
    const all = upstreams.resources(toV1)
    await controlPlane.serve(
      '2',
      all.filter(({ name }) => name !== 'catalog-v1'),
    )
    await client.until('the cluster is gone', catalogUrl, ({ status }) => status === 503)
    await controlPlane.serve('3', all)
    await client.answeredBy('v1', catalogUrl)
  })

  it('when its streams are ended, traffic goes on, and the next one says what is held, so that nothing is sent again', async (t) => {
    const { controlPlane, client } = await connected(t, '7', upstreams.resources(toV1), incremental)
    for (const type of everyType) await accepted(controlPlane, type, '7')
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
      assert.equal(requests[0]?.node, nodeId)
      for (const type of everyType) {
        const first = requests.find((request) => request.type === type)
        assert.deepEqual(first?.subscribe, Object.keys(first?.initialVersions ?? {}), `${type} on stream ${stream}`)
      }
      assert.deepEqual(
        controlPlane.responses.filter((response) => response.stream === stream && response.count > 0),
        [],
      )
    }
    await controlPlane.serve('8', upstreams.resources(toV2))
    await client.answeredBy('v2', catalogUrl)
  })

  it('no request fails while weights, endpoints and clusters change and streams end under load', async (t) => {
    const { controlPlane, client } = await connected(t, '1', upstreams.resources(toV1), incremental)
    const { ports } = upstreams
    const changes: ((step: number) => ProtoJson[])[] = [
      (step) => upstreams.resources({ weights: { 'catalog-v1': 1 + step, 'catalog-v2': 100 } }),
      (step) => upstreams.resources({ ...toV1, prefix: `/products/${step}` }, toV2),
      (step) => [
        listener(catalog),
        routes(catalog, { weights: { 'catalog-v1': step } }),
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
    const updates = 40
    const load = await client.load({ url: catalogUrl, callers: 4 })
    for (let step = 2; step < updates + 2; step += 1) {
      if (step % 10 === 0) await controlPlane.endStreams()
      await controlPlane.serve(String(step), changes[step % changes.length]!(step))
      await accepted(controlPlane, 'RouteConfiguration', String(step))
      await load.more(4)
    }
    const report = await load.stop()
    assert.deepEqual([report.failed, report.failures], [0, {}])
    assert.deepEqual(Object.keys(report.servers).sort(), ['v1', 'v2'])
    assert.deepEqual(
      controlPlane.requests.filter((request) => request.error !== null),
      [],
    )
  })
})
