import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { Row } from './harness/benchmark.js'
import { Upstreams } from './harness/upstreams.js'
import { servedMesh } from './support/served-mesh.js'
import { ORIGIN } from './support/shop.js'

const UPDATES = 1000
const CONCURRENCY = 64
const CAPACITY_REQUESTS = 20_000
const LOAD_SHARE = 0.8
const MAX_IN_FLIGHT = 4 * CONCURRENCY
const ENDPOINTS = 24

/**
 * One thousand updates that each change something, from the files of a control plane over ADS to the data plane, under a load of 80 % of
 * what this machine can carry: no request may fail.
 */
export async function benchUpdates(): Promise<readonly Row[]> {
  const upstreams = await Upstreams.start(ENDPOINTS)
  const mesh = await servedMesh(upstreams.ports)
  await mesh.publish(0)
  const perSecond = await capacity(mesh.dispatcher)
  const load = new SteadyLoad(mesh.dispatcher, perSecond * LOAD_SHARE)
  const ended = load.run()
  for (let step = 1; step <= UPDATES; step++) await mesh.publish(step)
  load.stop()
  await ended
  await mesh.close()
  await upstreams.stop()
  return [
    {
      what: `${UPDATES} updates under load (${Math.round(load.sentPerSecond)} of ${Math.round(perSecond)} requests/s)`,
      bare: '',
      mesh: `${load.failures.length} of ${load.answered + load.failures.length} failed`,
      target: 'none fails',
      met: load.failures.length === 0,
    },
  ]
}

/** @returns requests per second, as many as come back. */
async function capacity(dispatcher: Dispatcher): Promise<number> {
  let left = CAPACITY_REQUESTS
  const worker = async (): Promise<void> => {
    while (left-- > 0) await send(dispatcher)
  }
  const before = performance.now()
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return (CAPACITY_REQUESTS * 1000) / (performance.now() - before)
}

/** Sends at a steady rate, whatever comes back. */
class SteadyLoad {
  answered = 0
  readonly failures: unknown[] = []
  sentPerSecond = 0
  readonly #dispatcher: Dispatcher
  readonly #perSecond: number
  #running = true

  constructor(dispatcher: Dispatcher, perSecond: number) {
    this.#dispatcher = dispatcher
    this.#perSecond = perSecond
  }

  async run(): Promise<void> {
    const begun = performance.now()
    const pending = new Set<Promise<void>>()
    let sent = 0
    while (this.#running) {
      const due = ((performance.now() - begun) * this.#perSecond) / 1000
      // Where the machine has become slower since its capacity was measured, the load gives way, or it would pile up without end.
      for (; sent < due && pending.size < MAX_IN_FLIGHT; sent++) {
        const request: Promise<void> = this.#request(sent).finally(() => pending.delete(request))
        pending.add(request)
      }
      await sleep(2)
    }
    this.sentPerSecond = (sent * 1000) / (performance.now() - begun)
    await Promise.all(pending)
  }

  stop(): void {
    this.#running = false
  }

  async #request(number: number): Promise<void> {
    try {
      // Half of them with a body, as a request that was written is never sent again by accident.
      const status = await send(this.#dispatcher, number % 2 === 0 ? undefined : '{"stars":5}')
      if (status === 200) this.answered++
      else this.failures.push(status)
    } catch (error) {
      this.failures.push(error)
    }
  }
}

async function send(dispatcher: Dispatcher, body?: string): Promise<number> {
  const options = { origin: ORIGIN, path: '/books/7', method: body === undefined ? 'GET' : 'POST', body: body ?? null }
  const response = await dispatcher.request(options)
  await response.body.dump()
  return response.statusCode
}
