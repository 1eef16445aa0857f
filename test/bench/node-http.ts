import { Agent, get, type RequestOptions } from 'node:http'
import { SystemClock } from '@inmesh/core'
import { MeshHttpAgent } from '@inmesh/http'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { BenchMesh } from './support/bench-mesh.js'
import { configureShop, ORIGIN, PATHS, SIZE, startShop } from './support/shop.js'

/** `http.get` with an agent of the mesh against node's own, over the same endpoints in turn. */
export async function benchNodeHttp(): Promise<readonly Row[]> {
  const shop = await startShop()
  const mesh = new BenchMesh()
  configureShop(mesh.source, shop.ports, 0)
  const bareAgent = new Agent({ keepAlive: true })
  const meshAgent = new MeshHttpAgent(mesh.dispatcher, new SystemClock())
  let bareTurn = 0
  let meshTurn = 0
  const row = await comparePaired({
    what: 'node:http through mesh.httpAgent(), against http.Agent',
    bare: () => {
      const turn = bareTurn++ % SIZE
      return read(`http://127.0.0.1:${shop.ports[turn]!}${PATHS[turn]!}`, { agent: bareAgent })
    },
    mesh: () => read(`${ORIGIN}${PATHS[meshTurn++ % SIZE]!}`, { agent: meshAgent }),
    perBlock: 1000,
    rounds: 31,
    concurrency: 64,
  })
  bareAgent.destroy()
  meshAgent.destroy()
  await mesh.close()
  await shop.stop()
  return [row]
}

function read(url: string, options: RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, options, (response) => response.resume().on('end', resolve)).on('error', reject)
  })
}
