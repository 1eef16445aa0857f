import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMesh } from 'inmesh'
import { type Dispatcher, H2CClient, Pool } from 'undici'
import { Load } from '../support/load.js'
import type { Row } from './harness/benchmark.js'
import { type FailureScenario, meshFiles, ORIGIN, SCENARIOS, TOTAL_MS } from './support/failure-scenarios.js'

/** So many requests, by so many callers; after a third of them one of three replicas fails. */
const REQUESTS = Number(process.env.BENCH_REQUESTS ?? 1500)
const CALLERS = 30
const REPLICAS = 3

type Call = () => Promise<{ readonly status: number; readonly server: string }>

/** What a way of calling is made for. */
interface Caller {
  readonly call: Call
  close(): Promise<void>
}

/** Failed requests with the mesh and with undici's pools in turn, while one of three replicas fails. */
export async function benchFailures(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const scenario of SCENARIOS) {
    const bare = await run(scenario, bareCaller)
    const mesh = await run(scenario, meshCaller)
    const told = ({ failed, tookMs }: Outcome) => `${failed} of ${REQUESTS} failed, ${(tookMs / 1000).toFixed(1)} s`
    rows.push({
      what: `one of three replicas ${scenario.what}`,
      bare: told(bare),
      mesh: told(mesh),
      target: 'none fails',
      met: mesh.failed === 0,
    })
  }
  return rows
}

interface Outcome {
  readonly failed: number
  readonly tookMs: number
}

async function run(
  scenario: FailureScenario,
  make: (scenario: FailureScenario, ports: readonly number[]) => Promise<Caller>,
): Promise<Outcome> {
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => Replica.start(scenario.protocol)))
  const caller = await make(
    scenario,
    replicas.map(({ port }) => port),
  )
  const startedAt = performance.now()
  const load = new Load(caller.call, CALLERS, REQUESTS)
  await load.more(REQUESTS / 3)
  replicas[0]!.suffer(scenario)
  const { failed, failures } = await load.finished()
  const tookMs = performance.now() - startedAt
  process.stderr.write(`${scenario.what}: ${JSON.stringify(failures)}\n`)
  await caller.close()
  await Promise.all(replicas.map((replica) => replica.stop()))
  return { failed, tookMs }
}

class Replica {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  static async start(protocol: 'http' | 'http2'): Promise<Replica> {
    const child = fork(fileURLToPath(new URL('./support/failing-upstream-process.js', import.meta.url)), [protocol])
    const [port] = (await once(child, 'message')) as [number]
    return new Replica(child, port)
  }

  suffer({ signal, fault }: FailureScenario): void {
    if (signal !== undefined) this.#process.kill(signal)
    if (fault !== undefined) this.#process.send(fault)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}

/** As an application does without a mesh: one after the other, and an error is an error. */
async function bareCaller({ protocol, request }: FailureScenario, ports: readonly number[]): Promise<Caller> {
  const pools = ports.map((port): Dispatcher => {
    const origin = `http://127.0.0.1:${port}`
    return protocol === 'http2' ? new H2CClient(origin) : new Pool(origin, { connections: CALLERS })
  })
  let turn = 0
  return {
    call: async () => {
      turn = (turn + 1) % pools.length
      const { statusCode, body } = await pools[turn]!.request({
        path: '/',
        ...request,
        signal: AbortSignal.timeout(TOTAL_MS),
      })
      return { status: statusCode, server: await body.text() }
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

async function meshCaller(scenario: FailureScenario, ports: readonly number[]): Promise<Caller> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-failures-'))
  for (const [name, text] of meshFiles(scenario, ports)) await writeFile(join(directory, name), text)
  const mesh = await createMesh({ config: directory, namespace: 'shop' })
  await mesh.ready()
  const dispatcher = mesh.dispatcher()
  return {
    call: async () => {
      const { statusCode, body } = await dispatcher.request({ origin: ORIGIN, path: '/', ...scenario.request })
      return { status: statusCode, server: await body.text() }
    },
    close: async () => {
      await mesh.close({ timeoutMs: 100 })
      await rm(directory, { recursive: true })
    },
  }
}
