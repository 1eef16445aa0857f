import { createFetch } from '@inmesh/http'
import { fetch } from 'undici'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { BenchMesh } from './support/bench-mesh.js'
import { configureShop, ORIGIN, PATHS, SIZE, startShop } from './support/shop.js'

/** `mesh.fetch` against undici's `fetch` with its default agent, over the same endpoints in turn. */
export async function benchFetch(): Promise<readonly Row[]> {
  const shop = await startShop()
  const mesh = new BenchMesh()
  configureShop(mesh.source, shop.ports, 0)
  const meshFetch = createFetch(mesh.dispatcher)
  let bareTurn = 0
  let meshTurn = 0
  const row = await comparePaired({
    what: 'mesh.fetch',
    bare: async () => {
      const turn = bareTurn++ % SIZE
      const response = await fetch(`http://127.0.0.1:${shop.ports[turn]!}${PATHS[turn]!}`)
      await response.text()
    },
    mesh: async () => {
      const response = await meshFetch(`${ORIGIN}${PATHS[meshTurn++ % SIZE]!}`)
      await response.text()
    },
    target: 1.05,
    perBlock: 1000,
    rounds: 31,
    concurrency: 64,
  })
  await mesh.close()
  await shop.stop()
  return [row]
}
