import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/patience.js'
import type { TestScope } from '../support/test-process.js'
import { catalogService, reviewsService } from './catalog-configuration.js'
import type { CatalogInstance } from './catalog-instance.js'
import { ShopMesh } from './shop-mesh.js'

/** What a service says of the request that it got, and what those say that it asked. */
interface Seen {
  readonly traceparent: string
  readonly timeLeftMs?: number
  readonly catalog?: Seen
  readonly reviews?: Seen
}

/** The shop asks the catalog and the reviews, the reviews ask the catalog. */
async function startShop(scope: TestScope): Promise<{ shopUrl: string; catalog: CatalogInstance }> {
  const mesh = await ShopMesh.start(scope, { 'catalog.yaml': catalogService })
  const [shop, reviews, [catalog]] = await Promise.all([
    mesh.application('shop'),
    mesh.application('reviews'),
    mesh.catalogs('v1', 'catalog'),
  ])
  await mesh.directory.write('reviews.yaml', reviewsService(reviews))
  const shopUrl = `http://127.0.0.1:${shop}`
  await eventually(
    'the shop reaches the reviews',
    () => fetch(`${shopUrl}/context`),
    ({ ok }) => ok,
  )
  return { shopUrl, catalog: catalog! }
}

function chain(shop: Seen): Seen[] {
  const { catalog, reviews } = shop
  assert.ok(catalog && reviews?.catalog)
  return [shop, reviews, reviews.catalog, catalog]
}

const traceId = (traceparent: string) => /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1]

describe('context', () => {
  it('trace and deadline of a request pass from service to service, without help of the application', async (t) => {
    const { shopUrl } = await startShop(t)
    const id = '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${id}-b7ad6b7169203331-01`, 'x-envoy-expected-rq-timeout-ms': '20000' }
    const seen = chain((await (await fetch(`${shopUrl}/context`, { headers })).json()) as Seen)
    assert.deepEqual(
      seen.map(({ traceparent }) => traceId(traceparent)),
      [id, id, id, id],
    )
    let limit = 20_000
    const [shop, reviews, behindReviews, catalog] = seen.map(
      ({ timeLeftMs }) => timeLeftMs ?? assert.fail('no deadline'),
    )
    for (const left of [shop!, reviews!, behindReviews!]) {
      assert.ok(left > 0 && left <= limit, `${left} of ${limit} ms left`)
      limit = left
    }
    assert.ok(catalog! > 0 && catalog! <= shop!)

    const bare = chain((await (await fetch(`${shopUrl}/context`)).json()) as Seen)
    const begun = traceId(bare[0]!.traceparent)
    assert.ok(begun !== undefined && begun !== id)
    assert.deepEqual(
      bare.map(({ traceparent, timeLeftMs }) => [traceId(traceparent), timeLeftMs]),
      bare.map(() => [begun, undefined]),
    )
  })

  it('a request whose time is up is answered 504 while the service behind is still at work', async (t) => {
    const { shopUrl, catalog } = await startShop(t)
    await catalog.hold()
    const response = await fetch(`${shopUrl}/products`, { headers: { 'x-envoy-expected-rq-timeout-ms': '300' } })
    assert.deepEqual([response.status, await response.text()], [504, 'upstream request timeout'])
    assert.equal(catalog.received('GET'), 1)
  })
})
