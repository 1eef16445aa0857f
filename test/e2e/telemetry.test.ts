import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ROOT } from '../docs/markdown.js'
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { TestProcess } from '../support/test-process.js'
import { catalogService, reviewsService } from './catalog-configuration.js'
import type { CatalogInstance } from './catalog-instance.js'
import { ShopMesh } from './shop-mesh.js'

const REGISTER = fileURLToPath(import.meta.resolve('@inmesh/otel/register'))
const HEADERS = 'x-key=secret'
const SPAN = 'b7ad6b7169203331'

const retries = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http: [{ route: [{ destination: { host: catalog } }], retries: { attempts: 2, retryOn: 5xx } }]
`

/** A trace of its own for each test. */
const traceOf = (digit: string) => digit.repeat(32)
const sampled = (traceId: string) => ({ traceparent: `00-${traceId}-${SPAN}-01` })

/** Who is whose parent, by what the spans are called where they were made. */
function tree(spans: readonly ReceivedSpan[]): readonly string[] {
  const title = (span: ReceivedSpan | undefined): string =>
    span ? `${span.service} ${span.kind} ${span.name}` : 'caller'
  return spans
    .map((span) => `${title(spans.find(({ spanId }) => spanId === span.parentSpanId))} > ${title(span)}`)
    .sort()
}

describe('processes that are started with @inmesh/otel/register', () => {
  const suite = suiteScope()
  let receiver: OtlpReceiver
  let shop: ShopMesh
  let shopUrl: string
  let busyUrl: string
  let catalogs: CatalogInstance[]

  // The shop asks the catalog and the reviews, the reviews ask the catalog.
  before(async () => {
    receiver = await OtlpReceiver.start(suite)
    shop = await ShopMesh.start(
      suite,
      { 'catalog.yaml': catalogService, 'routes.yaml': retries },
      { ...receiver.environment, NODE_OPTIONS: `--import ${REGISTER}`, OTEL_EXPORTER_OTLP_HEADERS: HEADERS },
    )
    // One after the other, as the SDK takes a while to load.
    const front = await shop.application('shop')
    const reviews = await shop.application('reviews')
    const busy = await shop.application('busy')
    catalogs = [...(await shop.catalogs('v1', 'first')), ...(await shop.catalogs('v1', 'second'))]
    const mark = shop.controlPlane.process.lines.length
    await shop.directory.write('reviews.yaml', reviewsService(reviews))
    await shop.controlPlane.process.event('reloaded', mark)
    shopUrl = `http://127.0.0.1:${front}`
    busyUrl = `http://127.0.0.1:${busy}`
    await eventually(
      'the catalog is registered',
      () => fetch(`${shopUrl}/context`),
      ({ ok }) => ok,
    )
    await eventually(
      'the catalog is registered',
      () => fetch(`${busyUrl}/orders/0`),
      ({ ok }) => ok,
    )
  })

  it('send one trace through all hops, in servers of the mesh and of the application', async () => {
    const traceId = traceOf('1')
    assert.equal((await fetch(`${shopUrl}/context`, { headers: sampled(traceId) })).status, 200)
    assert.deepEqual(tree(await receiver.ofTrace(traceId, 7)), [
      'caller > shop server GET /context',
      'reviews client GET > catalog server GET /context',
      'reviews server GET /context > reviews client GET',
      'shop client GET > catalog server GET /context',
      'shop client GET > reviews server GET /context',
      'shop server GET /context > shop client GET',
      'shop server GET /context > shop client GET',
    ])
  })

  it('keep work that goes on later, and work that outlives its request, in the trace', async () => {
    const traceId = traceOf('2')
    assert.equal((await fetch(`${busyUrl}/orders/7`, { headers: sampled(traceId) })).status, 200)
    assert.deepEqual(tree(await receiver.ofTrace(traceId, 5)), [
      'busy client GET > catalog server GET /context',
      'busy client GET > catalog server GET /products',
      'busy server GET /orders/:id > busy client GET',
      'busy server GET /orders/:id > busy client GET',
      'caller > busy server GET /orders/:id',
    ])
  })

  it('tell of attempts that failed in the one span of their call', async () => {
    await catalogs[0]!.fail()
    let tries = 0
    // Which instance is asked first is a matter of chance.
    const tried = async (): Promise<ReceivedSpan | undefined> => {
      const traceId = `3${String(++tries).padStart(31, '0')}`
      await fetch(`${shopUrl}/products`, { headers: sampled(traceId) })
      const spans = await receiver.ofTrace(traceId, 3)
      return spans.find(({ kind, events }) => kind === 'client' && events.length === 2)
    }
    const span = (await eventually('a call that is repeated once', tried, (found) => found !== undefined))!
    await catalogs[0]!.fail(false)
    assert.deepEqual(
      span.events.map(({ attributes }) => [
        Number(attributes['inmesh.attempt']),
        Number(attributes['http.response.status_code']),
      ]),
      [
        [1, 503],
        [2, 200],
      ],
    )
    assert.equal(span.events[0]!.attributes['inmesh.endpoint'], catalogs[0]!.address)
    assert.equal(span.attributes['inmesh.endpoint'], catalogs[1]!.address)
    const servers = await receiver.matching(
      'the spans of both attempts',
      (each) => each.parentSpanId === span.spanId,
      2,
    )
    assert.deepEqual(new Set(servers.map(({ kind, service }) => `${service} ${kind}`)), new Set(['catalog server']))
  })

  it('pass a trace on that is not sampled, and send nothing of it', async () => {
    const traceId = traceOf('4')
    const headers = { traceparent: `00-${traceId}-${SPAN}-00` }
    const seen = (await (await fetch(`${shopUrl}/context`, { headers })).json()) as { catalog: { traceparent: string } }
    assert.match(seen.catalog.traceparent, new RegExp(`^00-${traceId}-(?!${SPAN})[0-9a-f]{16}-00$`))
    // What comes later has overtaken nothing.
    await fetch(`${shopUrl}/context`, { headers: sampled(traceOf('5')) })
    await receiver.ofTrace(traceOf('5'), 7)
    assert.deepEqual(
      receiver.spans.filter((span) => span.traceId === traceId),
      [],
    )
  })

  it('need no code: applications that know neither the mesh nor OpenTelemetry have their spans too', async () => {
    const script = new URL('examples/before-after/express/before.js', `${pathToFileURL(ROOT)}/`)
    const before = TestProcess.node(suite, script, {
      env: {
        ...receiver.environment,
        OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
        INMESH_CONTROL_PLANE: shop.controlPlane.address,
        INMESH_NAMESPACE: 'shop',
        REVIEWS_URL: 'http://catalog',
        NODE_OPTIONS: `--import ${REGISTER} --import ${fileURLToPath(import.meta.resolve('inmesh/register'))}`,
        OTEL_SERVICE_NAME: 'before',
      },
    })
    const listening = async () => {
      await sleep(10)
      return /on port (\d+)/.exec(before.output)?.[1]
    }
    const port = await eventually('it listens', listening, (found) => found !== undefined)
    const traceId = traceOf('6')
    await (await fetch(`http://127.0.0.1:${port}/products/7`, { headers: sampled(traceId) })).text()
    assert.deepEqual(tree(await receiver.ofTrace(traceId, 3)), [
      'before client GET > catalog server GET',
      'before server GET /products/:id > before client GET',
      'caller > before server GET /products/:id',
    ])
  })

  it('say who they are, and send the headers that the environment names', () => {
    const { resource } = receiver.spans.find(({ service }) => service === 'catalog')!
    assert.deepEqual(
      [resource['service.namespace'], resource['service.version'], receiver.headers['x-key']],
      ['shop', 'v1', 'secret'],
    )
  })
})

describe('a mesh that is closed', () => {
  const suite = suiteScope()

  it('has the spans of its last requests sent first', async () => {
    const receiver = await OtlpReceiver.start(suite)
    const environment = {
      ...receiver.environment,
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      NODE_OPTIONS: `--import ${REGISTER}`,
    }
    const mesh = await ShopMesh.start(suite, { 'catalog.yaml': catalogService }, environment)
    const [catalog] = await mesh.catalogs('v1', 'catalog')
    await (await fetch(`http://${catalog!.address}/context`)).text()
    await catalog!.close()
    assert.deepEqual(
      receiver.spans.map(({ service, name }) => [service, name]),
      [['catalog', 'GET /context']],
    )
  })
})
