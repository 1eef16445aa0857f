import { Pool } from 'undici'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { BenchMesh } from './support/bench-mesh.js'
import { configureShop, ORIGIN, PATHS, SIZE, startShop } from './support/shop.js'

/**
 * A request through the mesh's dispatcher, outside an inbound request, against as many bare pools in turn. Once with Istio's default, no
 * timeout on the route, and once with Envoy's, 15 seconds, which costs a place in the timer wheel.
 */
export async function benchDispatcher(): Promise<readonly Row[]> {
  return [
    await measure('mesh.dispatcher().request, 100 endpoints, 100 routes', 0, 1.15),
    await measure('the same with a timeout on the route', 15_000, 1.15),
  ]
}

async function measure(what: string, timeoutMs: number, target?: number): Promise<Row> {
  const shop = await startShop()
  const pools = shop.ports.map((port) => new Pool(`http://127.0.0.1:${port}`))
  const mesh = new BenchMesh()
  configureShop(mesh.source, shop.ports, timeoutMs)
  let bareTurn = 0
  let meshTurn = 0
  const row = await comparePaired({
    what,
    bare: async () => {
      const turn = bareTurn++ % SIZE
      const { body } = await pools[turn]!.request({ path: PATHS[turn]!, method: 'GET' })
      await body.dump()
    },
    mesh: async () => {
      const path = PATHS[meshTurn++ % SIZE]!
      const { body } = await mesh.dispatcher.request({ origin: ORIGIN, path, method: 'GET' })
      await body.dump()
    },
    ...(target === undefined ? {} : { target }),
    perBlock: 2000,
    rounds: 61,
    concurrency: 64,
  })
  await mesh.close()
  await Promise.all(pools.map((pool) => pool.close()))
  await shop.stop()
  return row
}
