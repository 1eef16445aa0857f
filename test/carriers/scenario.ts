import assert from 'node:assert/strict'
import type { Mesh } from 'inmesh'
import { type Answer, type Carrier, codeOf, type Question, textOf } from './carrier.js'
import type { CarrierBench } from './carrier-bench.js'
import type { Seen, Upstream } from './upstream.js'

/** It does what it is meant to do. */
export const WORKS = 'works'
/** The client has no way to ask for it or to show it; the rest of the call is unharmed. */
export const NOT_OFFERED = 'not offered'
/** The request is as it should be; of the response the client shows too little to tell. */
export const REQUEST_ONLY = 'request only'

/** The body is a stream, which is never sent twice: the client gets the response that would have been repeated. */
export const NOT_REPEATED = 'not repeated'
/** The client gets the redirect, and does not follow one whose body is a stream. */
export const NOT_FOLLOWED = 'not followed'

/** Nothing is copied. */
export const NOT_COPIED = 'not copied'
/** It works, and the client gives nothing of the call that `mesh.outcome()` could be asked about. */
export const NO_OUTCOME = 'no outcome'

/** What came of a scenario with a client: one of the words above, or the code of the error by which it failed, or its name. */
export type Result = string

/** Something that users do, written once for all clients. */
export interface Scenario {
  readonly title: string
  /** What it shows, for the page. */
  readonly about: string
  /** Whether it is about requests with a response, and not about those that ask for another protocol. Default false. */
  readonly requestsOnly?: boolean
  /** What comes of it with clients with which it does not simply work. */
  readonly otherwise: Readonly<Record<string, Result>>
  /** Does it. Errors with a code are its result; assertions that fail are not. */
  run(cell: Cell): Promise<Result>
}

/** One scenario with one client. */
export class Cell {
  readonly bench: CarrierBench
  readonly carrier: Carrier
  /** What its requests are known by at the servers. */
  readonly run: string
  readonly #http2: boolean

  /**
   * @param bench - Servers and a mesh.
   * @param carrier - The client.
   * @param scenario - Its title.
   * @param http2 - Whether the server speaks HTTP/2.
   */
  constructor(bench: CarrierBench, carrier: Carrier, scenario: string, http2 = false) {
    this.bench = bench
    this.carrier = carrier
    this.#http2 = http2
    this.run = `${carrier.name} ${scenario} ${http2}`.replaceAll(/\W+/g, '-')
  }

  get mesh(): Mesh {
    return this.bench.mesh
  }

  /** Where requests without a rule of their own go. */
  get upstream(): Upstream {
    return this.#http2 ? this.bench.h2 : this.bench.v1
  }

  get upgrades(): boolean {
    return this.carrier.kind === 'upgrade'
  }

  /**
   * @param path - At the service.
   * @param query - What the server is to do, and with what.
   * @param host - The service.
   */
  url(
    path: string,
    query: Readonly<Record<string, string | number>> = {},
    host = this.#http2 ? 'modern' : 'catalog',
  ): string {
    return `http://${host}${path}?run=${this.run}${Object.entries(query)
      .map(([name, value]) => `&${name}=${value}`)
      .join('')}`
  }

  open(url: string, question: Question = {}): Promise<Answer> {
    return this.carrier.open(this.mesh, url, question)
  }

  /** Sends a request that a server is to answer, and tells what that got. */
  async ask(url: string, question?: Question): Promise<{ answer: Answer; seen: Seen }> {
    const answer = await this.open(url, question)
    assert.equal(answer.status, this.upgrades && this.carrier.name !== 'undici connect' ? 101 : 200)
    const seen = JSON.parse(this.upgrades ? await said(answer) : await textOf(answer)) as Seen
    return { answer, seen }
  }
}

/** What the server says first over the connection of an upgrade, which is ended then. */
async function said({ body, close }: Answer): Promise<string> {
  let text = ''
  for await (const piece of body) {
    text += String(piece)
    if (text.endsWith('}')) break
  }
  close!()
  return text
}

/** What came of a scenario. */
export async function resultOf(scenario: Scenario, cell: Cell): Promise<Result> {
  try {
    return await scenario.run(cell)
  } catch (error) {
    if (!(error instanceof Error) || error instanceof assert.AssertionError) throw error
    return codeOf(error) ?? error.name
  }
}
