import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointConfig } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

function serve(mesh: ClientFixture, config: EndpointConfig): void {
  mesh.source.set(
    'reviews:80',
    target('reviews:80', [route({ clusters: { reviews: 1 } })], [cluster('reviews', [config])]),
  )
}

test('the further addresses of an endpoint are tried when the first cannot be connected to', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  // Nobody listens on the other loopback addresses.
  serve(mesh, { ...endpoint(upstream.port), host: '127.0.0.2', additionalHosts: ['127.0.0.3', '127.0.0.1'] })
  assert.equal((await mesh.request()).text, String(upstream.port))
})

test('an endpoint whose address changed goes on, and new connections go to the new address', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const config = { ...endpoint(upstream.port), key: `reviews.example:${upstream.port}` }
  serve(mesh, { ...config, host: '127.0.0.2' })
  assert.equal((await mesh.request()).status, 503)
  const [reviews] = [...mesh.plane.clusters()]
  const [before] = [...reviews!.endpoints.values()]
  serve(mesh, config)
  assert.equal((await mesh.request()).text, String(upstream.port))
  assert.deepEqual([...reviews!.endpoints.values()], [before])
})
