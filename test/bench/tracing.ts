import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { createMesh, type Mesh } from 'inmesh'
import { Pool } from 'undici'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { startShop } from './support/shop.js'

/** Takes spans and throws them away: what sending them costs depends on where they are sent. */
const NOWHERE: tracing.SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {},
}

/** What tracing costs where no SDK is registered. */
export function benchTracingIdle(): Promise<readonly Row[]> {
  return compare('tracing, no SDK', 1.05)
}

/** The same with an SDK that samples nothing. */
export function benchTracingUnsampled(): Promise<readonly Row[]> {
  return compareWith('tracing, never sampled', new tracing.AlwaysOffSampler())
}

/** The same with one that samples everything. */
export function benchTracingSampled(): Promise<readonly Row[]> {
  return compareWith('tracing, always sampled', new tracing.AlwaysOnSampler())
}

async function compareWith(what: string, sampler: tracing.Sampler): Promise<readonly Row[]> {
  const spanProcessors = [new tracing.BatchSpanProcessor(NOWHERE, { maxQueueSize: 100_000 })]
  const sdk = new NodeSDK({
    autoDetectResources: false,
    sampler,
    spanProcessors,
    metricReaders: [],
    logRecordProcessors: [],
  })
  sdk.start()
  const rows = await compare(what)
  await sdk.shutdown()
  return rows
}

/** Two meshes that differ in the option `tracing`: a call, and a request of a server that makes a call. */
async function compare(what: string, target?: number): Promise<readonly Row[]> {
  const shop = await startShop()
  const config = await mkdtemp(join(tmpdir(), 'inmesh-bench-'))
  await writeFile(join(config, 'shop.yaml'), serviceEntry(shop.ports))
  const sides = await Promise.all([false, true].map((traced) => Side.open(config, traced)))
  const [off, on] = sides
  const rows = [
    await comparePaired({
      what: `a call: ${what}`,
      bare: () => off!.call(),
      mesh: () => on!.call(),
      ...(target !== undefined && { target }),
      perBlock: 2000,
      rounds: 31,
      concurrency: 64,
    }),
    await comparePaired({
      what: `a request that makes one: ${what}`,
      bare: () => off!.ask(),
      mesh: () => on!.ask(),
      ...(target !== undefined && { target }),
      perBlock: 1000,
      rounds: 31,
      concurrency: 64,
    }),
  ]
  await Promise.all(sides.map((side) => side.close()))
  await rm(config, { recursive: true })
  await shop.stop()
  return rows
}

/** A mesh with a server whose requests make a call each, and who asks that server. */
class Side {
  readonly #mesh: Mesh
  readonly #pool: Pool

  private constructor(mesh: Mesh, pool: Pool) {
    this.#mesh = mesh
    this.#pool = pool
  }

  static async open(config: string, traced: boolean): Promise<Side> {
    const mesh = await createMesh({ config, namespace: 'demo', tracing: traced, logLevel: 'silent' })
    await mesh.ready()
    const server = await mesh.listen(
      async (_request, response) => {
        await call(mesh)
        response.end('done')
      },
      { port: 0, host: '127.0.0.1' },
    )
    return new Side(mesh, new Pool(`http://127.0.0.1:${server.boundAddress!.port}`))
  }

  call(): Promise<void> {
    return call(this.#mesh)
  }

  async ask(): Promise<void> {
    const { body } = await this.#pool.request({ path: '/', method: 'GET' })
    await body.dump()
  }

  async close(): Promise<void> {
    await this.#pool.close()
    await this.#mesh.close()
  }
}

async function call(mesh: Mesh): Promise<void> {
  const { body } = await mesh.dispatcher().request({ origin: 'http://shop', path: '/', method: 'GET' })
  await body.dump()
}

function serviceEntry(ports: readonly number[]): string {
  const endpoints = ports.map((port) => ({ address: '127.0.0.1', ports: { http: port } }))
  return JSON.stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'shop', namespace: 'demo' },
    spec: {
      hosts: ['shop.demo.svc.cluster.local'],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports: [{ name: 'http', number: 80, protocol: 'HTTP' }],
      endpoints,
    },
  })
}
