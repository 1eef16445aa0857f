import type { JsonLine, TestScope } from '../../support/test-process.js'
import { Part } from './part.js'
import type { WordedResponse } from './scripted-stream.js'
import type { ScriptedResource, WorldChange } from './world.js'

/** A request that the server received. */
export interface SeenRequest {
  readonly stream: number
  /** When, in milliseconds on the server's clock. */
  readonly atMs: number
  /** The last part of the type URL: `Listener`. */
  readonly type: string
  readonly nonce: string
  /** Message of `error_detail`; null for what is no NACK. */
  readonly error: string | null
  readonly errorCode: number | null
  readonly node: { readonly id: string; readonly userAgent: string; readonly features: readonly string[] } | null
  /** State of the world only. */
  readonly version?: string
  /** State of the world only. */
  readonly names?: readonly string[]
  /** Incremental only. */
  readonly subscribe?: readonly string[]
  /** Incremental only. */
  readonly unsubscribe?: readonly string[]
  /** Incremental only. */
  readonly initialVersions?: Readonly<Record<string, string>>
}

/** A response that the server sent. */
export interface SentResponse {
  readonly stream: number
  readonly type: string
  readonly version: string
  readonly nonce: string
  readonly names: readonly string[]
}

/** Load of all clusters since the beginning. */
export interface LoadSum {
  readonly issued: number
  readonly succeeded: number
  readonly failed: number
  /** Zones of the localities that had load. */
  readonly zones: readonly string[]
  /** Dropped requests by category. */
  readonly dropped: Readonly<Record<string, number>>
}

interface LoadReport {
  readonly clusters: readonly {
    readonly localities: readonly {
      readonly zone: string
      readonly issued: number
      readonly succeeded: number
      readonly failed: number
    }[]
    readonly dropped: Readonly<Record<string, number>>
  }[]
}

function sumOf(reports: readonly LoadReport[]): LoadSum {
  const clusters = reports.flatMap((report) => report.clusters)
  const localities = clusters.flatMap((cluster) => cluster.localities)
  const dropped: Record<string, number> = {}
  for (const cluster of clusters) {
    for (const [category, count] of Object.entries(cluster.dropped))
      dropped[category] = (dropped[category] ?? 0) + count
  }
  return {
    issued: localities.reduce((sum, { issued }) => sum + issued, 0),
    succeeded: localities.reduce((sum, { succeeded }) => sum + succeeded, 0),
    failed: localities.reduce((sum, { failed }) => sum + failed, 0),
    zones: [...new Set(localities.map(({ zone }) => zone))].sort(),
    dropped,
  }
}

/** A control plane in a process apart from the test and the meshes that does what a test tells it to, right or wrong. */
export class ScriptedControlPlane {
  readonly #part: Part
  /** `host:port`. */
  readonly address: string

  private constructor(part: Part, address: string) {
    this.#part = part
    this.address = address
  }

  static async start(scope: TestScope, resources: readonly ScriptedResource[] = []): Promise<ScriptedControlPlane> {
    const part = await Part.start(scope, new URL('./scripted-server.js', import.meta.url), {})
    const { address } = await part.event('listening')
    const server = new ScriptedControlPlane(part, String(address))
    if (resources.length > 0) await server.serve('1', resources)
    return server
  }

  /** Serves these resources and no others. */
  serve(version: string, resources: readonly ScriptedResource[]): Promise<void> {
    return this.change({ version, set: resources, whole: true })
  }

  /** Adds and replaces resources; others stay. */
  set(version: string, ...resources: readonly ScriptedResource[]): Promise<void> {
    return this.change({ version, set: resources })
  }

  /** Takes resources of one type away. */
  remove(version: string, type: string, ...names: readonly string[]): Promise<void> {
    return this.change({ version, remove: { [type]: names } })
  }

  /** Changes what is served; streams that asked for it hear of it at once. */
  change(change: WorldChange): Promise<void> {
    return this.#part.ask('change', change)
  }

  /** Says nothing of these types, by short name, until it is told otherwise. */
  silence(...types: readonly string[]): Promise<void> {
    return this.#part.ask('silence', { types })
  }

  /**
   * Sends a response on the newest stream, worded by the test.
   *
   * @returns its nonce.
   */
  async send(response: WordedResponse): Promise<string> {
    const [nonce] = await this.sendAll([response])
    return nonce!
  }

  /** The same with several responses, one right after the other. */
  sendAll(responses: readonly WordedResponse[]): Promise<string[]> {
    return this.#part.ask('send', { responses })
  }

  /** Ends every stream with a gRPC status; 0 ends it in good order. Connections stay. */
  endStreams(code = 14): Promise<void> {
    return this.#part.ask('endStreams', { code })
  }

  /** Cuts every connection and refuses new ones. */
  stop(): Promise<void> {
    return this.#part.ask('stop')
  }

  /** Takes connections again, on the same port. */
  restart(): Promise<void> {
    return this.#part.ask('restart')
  }

  /** As much as the server has told; what comes later has an index from here on. */
  get mark(): number {
    return this.#part.mark
  }

  /** Requests so far. */
  requests(type?: string, from = 0): SeenRequest[] {
    return this.#lines<SeenRequest>('request', from).filter((request) => type === undefined || request.type === type)
  }

  /** Responses so far. */
  responses(type?: string): SentResponse[] {
    return this.#lines<SentResponse>('response', 0).filter((response) => type === undefined || response.type === type)
  }

  /** Streams opened so far. */
  get streams(): number {
    return this.#lines('stream', 0).length
  }

  /** Streams that are open. */
  get openStreams(): number {
    return this.streams - this.#lines('stream-over', 0).length
  }

  /** The first request, past or to come, that passes. */
  async request(what: string, passes: (request: SeenRequest) => boolean, from = 0): Promise<SeenRequest> {
    const found = await this.#part.line(
      what,
      (line) => line.event === 'request' && passes(line as unknown as SeenRequest),
      from,
    )
    return found as unknown as SeenRequest
  }

  /** The ACK of a version of a type (state of the world). */
  acknowledged(type: string, version: string, from = 0): Promise<SeenRequest> {
    return this.request(
      `the ACK of ${type} ${version}`,
      (seen) => seen.type === type && seen.version === version && seen.nonce !== '' && seen.error === null,
      from,
    )
  }

  /** A NACK of a type. */
  rejected(type: string, from = 0): Promise<SeenRequest> {
    return this.request(`a NACK of ${type}`, (seen) => seen.type === type && seen.error !== null, from)
  }

  /** Waits for the n-th stream, counted from 1. */
  async stream(number: number): Promise<void> {
    await this.#part.line(`stream ${number}`, (line) => line.event === 'stream' && line.stream === number)
  }

  /** Waits for the end of a stream. */
  async streamOver(number: number): Promise<void> {
    await this.#part.line(
      `the end of stream ${number}`,
      (line) => line.event === 'stream-over' && line.stream === number,
    )
  }

  /** Waits until what was reported of all clusters together passes. */
  async loadReported(passes: (sum: LoadSum) => boolean): Promise<LoadSum> {
    const sum = (): LoadSum => sumOf(this.#lines<LoadReport>('load', 0))
    await this.#part.line('a load report', ({ event }) => event === 'load' && passes(sum()))
    return sum()
  }

  /** Waits for the end of a stream of load reports. */
  async loadReportOver(number: number): Promise<void> {
    await this.#part.line(
      `the end of load reports ${number}`,
      ({ event, stream }) => event === 'load-over' && stream === number,
    )
  }

  #lines<T = JsonLine>(event: string, from: number): T[] {
    return this.#part.lines(from).filter((line) => line.event === event) as unknown as T[]
  }
}
