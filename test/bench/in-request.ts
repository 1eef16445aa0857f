import { AsyncLocalStorage } from 'node:async_hooks'
import { type ContextStore, EXPECTED_TIMEOUT_HEADER, RequestContext, Trace } from '@inmesh/core'
import { Pool } from 'undici'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { BenchMesh } from './support/bench-mesh.js'
import { configureShop, ORIGIN, PATHS, SIZE, startShop } from './support/shop.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const LIMIT_MS = 2000

/** What a service without a mesh would keep for each of its requests. */
interface BareContext {
  readonly deadline: number
  readonly traceparent: string
}

class StorageStore implements ContextStore {
  readonly #storage = new AsyncLocalStorage<RequestContext | undefined>()

  current(): RequestContext | undefined {
    return this.#storage.getStore()?.inForce
  }

  run<T>(context: RequestContext | undefined, callback: () => T): T {
    return this.#storage.run(context, callback)
  }
}

/**
 * A request made inside an inbound request: deadline, trace headers and AsyncLocalStorage on both sides. The bare side passes its time left
 * to undici as timeouts, the cheapest limit that undici has.
 */
export async function benchInRequest(): Promise<readonly Row[]> {
  const shop = await startShop()
  const pools = shop.ports.map((port) => new Pool(`http://127.0.0.1:${port}`))
  const store = new StorageStore()
  const mesh = new BenchMesh(store)
  configureShop(mesh.source, shop.ports, 0)
  const storage = new AsyncLocalStorage<BareContext>()
  let bareTurn = 0
  let meshTurn = 0

  const bareCall = async (): Promise<void> => {
    const turn = bareTurn++ % SIZE
    const context = storage.getStore()!
    const left = Math.floor(context.deadline - performance.now())
    const { body } = await pools[turn]!.request({
      path: PATHS[turn]!,
      method: 'GET',
      headers: { traceparent: context.traceparent, [EXPECTED_TIMEOUT_HEADER]: String(left) },
      headersTimeout: left,
      bodyTimeout: left,
    })
    await body.dump()
  }
  const meshCall = async (): Promise<void> => {
    const path = PATHS[meshTurn++ % SIZE]!
    const { body } = await mesh.dispatcher.request({ origin: ORIGIN, path, method: 'GET' })
    await body.dump()
  }

  const row = await comparePaired({
    what: 'the same inside a request, with deadline and trace',
    bare: () => storage.run({ deadline: performance.now() + LIMIT_MS, traceparent: TRACE }, bareCall),
    mesh: () => store.run(new RequestContext(performance.now() + LIMIT_MS, { trace: new Trace(TRACE) }), meshCall),
    target: 1.3,
    perBlock: 2000,
    rounds: 61,
    concurrency: 64,
  })
  await mesh.close()
  await Promise.all(pools.map((pool) => pool.close()))
  await shop.stop()
  return [row]
}
