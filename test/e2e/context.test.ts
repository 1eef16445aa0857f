import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
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

const traceId = (traceparent: string) => /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1]

describe('the context of a request', () => {
  const suite = suiteScope()
  let shopUrl: string
  let catalog: CatalogInstance

  // The shop asks the catalog and the reviews, the reviews ask the catalog.
  before(async () => {
    const mesh = await ShopMesh.start(suite, { 'catalog.yaml': catalogService })
    const starting = [mesh.application('shop'), mesh.application('reviews'), mesh.catalogs('v1', 'catalog')] as const
    const [shop, reviews, catalogs] = await Promise.all(starting)
    catalog = catalogs[0]!
    const mark = mesh.controlPlane.process.lines.length
    await mesh.directory.write('reviews.yaml', reviewsService(reviews))
    await mesh.controlPlane.process.event('reloaded', mark)
    shopUrl = `http://127.0.0.1:${shop}`
    const reached = () => fetch(`${shopUrl}/context`)
    await eventually('the catalog is registered', reached, ({ ok }) => ok)
  })

  /** What shop, reviews, catalog behind the reviews and catalog saw of one request. */
  async function seenOf(headers: Readonly<Record<string, string>>): Promise<readonly [Seen, Seen, Seen, Seen]> {
    const response = await fetch(`${shopUrl}/context`, { headers })
    const shop = (await response.json()) as Seen
    assert.ok(shop.catalog && shop.reviews?.catalog)
    return [shop, shop.reviews, shop.reviews.catalog, shop.catalog]
  }

  it('passes from service to service without help of the application: trace and deadline', async () => {
    const id = '0af7651916cd43dd8448eb211c80319c'
    const seen = await seenOf({
      traceparent: `00-${id}-b7ad6b7169203331-01`,
      'x-envoy-expected-rq-timeout-ms': '20000',
    })
    assert.deepEqual(
      seen.map(({ traceparent }) => traceId(traceparent)),
      [id, id, id, id],
    )
    const [shop, reviews, behindReviews, directly] = seen.map(
      ({ timeLeftMs }) => timeLeftMs ?? assert.fail('no deadline'),
    )
    for (const [left, limit] of [
      [shop!, 20_000],
      [reviews!, shop!],
      [behindReviews!, reviews!],
      [directly!, shop!],
    ] as const) {
      assert.ok(left > 0 && left <= limit, `${left} of ${limit} ms left`)
    }
  })

  it('begins with the first service when the caller sends none: one trace, no deadline', async () => {
    const seen = await seenOf({})
    const begun = traceId(seen[0].traceparent)
    assert.ok(begun !== undefined)
    assert.deepEqual(
      seen.map(({ traceparent, timeLeftMs }) => [traceId(traceparent), timeLeftMs]),
      seen.map(() => [begun, undefined]),
    )
  })

  it('ends in time: a request is answered 504 at its deadline while the service behind is still at work', async () => {
    await catalog.hold()
    const response = await fetch(`${shopUrl}/products`, { headers: { 'x-envoy-expected-rq-timeout-ms': '300' } })
    assert.deepEqual([response.status, await response.text()], [504, 'upstream request timeout'])
    assert.equal(catalog.received('GET'), 1)
    await catalog.release()
  })
})
