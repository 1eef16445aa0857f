import { createMesh, type Mesh } from 'inmesh'
import { Pool } from 'undici'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import type { Operation } from './harness/paired.js'
import { EnvoyPair } from './support/envoy-pair.js'
import { InboundDirectory } from './support/inbound-directory.js'
import { ServedApplication } from './support/served-application.js'

const PER_BLOCK = 1000
const ROUNDS = 21
const CONCURRENCY = 32
const WHAT = 'a service called from another: throughput, CPU of all processes for a request, p50, p99'

/** What one way of calling took, of one block. */
interface Taken {
  readonly perSecond: number
  /** Microseconds of all processes for one request. */
  readonly cpu: number
  /** Milliseconds of each request. */
  readonly latencies: readonly number[]
}

/**
 * One service that calls another: directly, through the mesh on both sides, and through an Envoy beside each of them. The same application and the
 * same load in turning blocks of one run. Runs only where `INMESH_ENVOY` names Envoy's binary.
 */
export async function benchEnvoy(): Promise<readonly Row[]> {
  const binary = process.env.INMESH_ENVOY
  if (binary === undefined || binary === '') {
    return [{ what: `${WHAT}: skipped, INMESH_ENVOY names no binary`, bare: '', mesh: '', target: '', met: true }]
  }
  const application = await ServedApplication.start()
  const directory = await InboundDirectory.make()
  await directory.addService('shop.demo', application.meshPort)
  const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
  const pair = await EnvoyPair.start(binary, application.barePort)
  const direct = new Pool(`http://127.0.0.1:${application.barePort}`)
  const sidecar = new Pool(`http://127.0.0.1:${pair.port}`)
  const ways: readonly Operation[] = [() => get(direct), () => through(mesh), () => get(sidecar)]
  const taken: Taken[][] = ways.map(() => [])
  const cpu = async (): Promise<number> => ownCpu() + (await application.cpu()) + (await pair.cpu())
  for (const way of ways) await block(way, 4 * PER_BLOCK, cpu)
  for (let round = 0; round < ROUNDS; round++) {
    for (let step = 0; step < ways.length; step++) {
      const way = (round + step) % ways.length
      taken[way]!.push(await block(ways[way]!, PER_BLOCK, cpu))
    }
  }
  await Promise.all([direct.close(), sidecar.close(), mesh.close({ timeoutMs: 1000 })])
  await Promise.all([application.stop(), pair.stop(), directory.remove()])
  const [bare, meshed, sidecars] = taken as [Taken[], Taken[], Taken[]]
  return [
    row(WHAT, bare, meshed),
    row('the same through an Envoy beside each of them in place of the mesh', bare, sidecars),
  ]
}

async function get(pool: Pool): Promise<void> {
  const { body } = await pool.request({ method: 'GET', path: '/books/7' })
  await body.dump()
}

async function through(mesh: Mesh): Promise<void> {
  const { body } = await mesh.dispatcher().request({ origin: 'http://shop.demo', method: 'GET', path: '/books/7' })
  await body.dump()
}

async function block(operation: Operation, count: number, cpu: () => Promise<number>): Promise<Taken> {
  const latencies: number[] = []
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const before = performance.now()
      await operation()
      latencies.push(performance.now() - before)
    }
  }
  const cpuBefore = await cpu()
  const before = performance.now()
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  const seconds = (performance.now() - before) / 1000
  return { perSecond: count / seconds, cpu: ((await cpu()) - cpuBefore) / count, latencies }
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function row(what: string, bare: readonly Taken[], other: readonly Taken[]): Row {
  const ratio = median(other.map((taken, round) => taken.cpu / bare[round]!.cpu))
  return { what, bare: cell(bare), mesh: cell(other), ratio, target: '', met: true }
}

function cell(blocks: readonly Taken[]): string {
  const latencies = blocks.flatMap((taken) => taken.latencies).sort((left, right) => left - right)
  const at = (share: number): string => latencies[Math.floor(latencies.length * share)]!.toFixed(1)
  const perSecond = median(blocks.map((taken) => taken.perSecond)).toFixed(0)
  return `${perSecond}/s, ${median(blocks.map(({ cpu }) => cpu)).toFixed(0)} µs, ${at(0.5)} ms, ${at(0.99)} ms`
}
