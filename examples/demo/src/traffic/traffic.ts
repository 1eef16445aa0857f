import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Method, RequestRecord } from './request-record.js'

/** Every third request is a write. */
const WRITE_EVERY = 3
const ANSWER_TIMEOUT_MS = 10_000
/** Several times what is normal. On a machine that is too busy, sending more would only make everyone wait longer. */
const MAX_IN_FLIGHT = 60

/** Who visits which shop, and how much. */
export interface TrafficOptions {
  /** Beginning of the requests' ids. */
  readonly name: string
  /** The shop front. */
  readonly shopUrl: string
  /** Ends everything at once. */
  readonly signal: AbortSignal
  /** Default 120; fewer when the machine cannot keep up. */
  readonly requestsPerSecond?: number
}

/** The customers of a shop: a steady stream of reads and writes, with a record of each. They know nothing of a mesh. */
export class Traffic {
  /** All requests so far, in the order in which they were sent. */
  readonly records: RequestRecord[] = []
  /** Name of the current phase, for the records. */
  phase = ''
  /** Beginning of the requests' ids. */
  readonly name: string
  readonly #pool: Pool
  readonly #signal: AbortSignal
  readonly #pauseMs: number
  readonly #inFlight = new Set<Promise<void>>()
  #running: Promise<void> | undefined
  #sent = 0
  #stopped = false

  constructor({ name, shopUrl, signal, requestsPerSecond = 120 }: TrafficOptions) {
    this.name = name
    this.#signal = signal
    this.#pauseMs = 1000 / requestsPerSecond
    this.#pool = new Pool(shopUrl, { headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS })
  }

  start(phase: string): void {
    this.phase = phase
    this.#running = this.#run()
  }

  /** Sends no more, and waits for the answers that are under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    await Promise.all(this.#inFlight)
    await this.#pool.close()
  }

  /** Drops the records of what was sent before a time of `performance.now()`. */
  forgetBefore(time: number): void {
    const kept = this.records.findIndex(({ sentAt }) => sentAt >= time)
    this.records.splice(0, kept === -1 ? this.records.length : kept)
  }

  /** The records of one phase. */
  in(phase: string): RequestRecord[] {
    return this.records.filter((record) => record.phase === phase)
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.#signal.aborted) {
      if (this.#inFlight.size < MAX_IN_FLIGHT) {
        const answer = this.#send()
        this.#inFlight.add(answer)
        void answer.then(() => this.#inFlight.delete(answer))
      }
      await sleep(this.#pauseMs)
    }
    if (this.#signal.aborted) await this.#pool.destroy()
  }

  /** Never rejects: a failure is something to record. */
  async #send(): Promise<void> {
    const number = ++this.#sent
    const method: Method = number % WRITE_EVERY === 0 ? 'POST' : 'GET'
    const record: RequestRecord = {
      id: `${this.name}-${number}`,
      method,
      phase: this.phase,
      sentAt: performance.now(),
      state: 'in flight',
    }
    this.records.push(record)
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method,
        path: method === 'GET' ? `/products/${number}` : '/orders',
        headers: { 'x-request-id': record.id, 'content-type': 'application/json' },
        body: method === 'GET' ? null : JSON.stringify({ product: number }),
      })
      const text = await body.text()
      if (statusCode >= 400) throw new Error(`${statusCode} ${text}`)
      record.servedBy = String(headers['x-served-by'])
      record.state = 'answered'
    } catch (error) {
      record.failure = (error as Error).message
      record.state = 'failed'
    }
  }
}
