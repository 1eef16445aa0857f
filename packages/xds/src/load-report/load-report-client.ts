import type { Clock, Logger, Random, Timer } from '@inmesh/core'
import {
  type ClusterStats,
  create,
  durationToMilliseconds,
  LoadStatsRequest,
  LoadStatsResponse,
  type Node,
} from '@inmesh/xds-proto'
import { AdsStream } from '../ads/ads-stream.js'
import { nodeMessage } from '../ads/protocol/node-message.js'
import type { NodeIdentity } from '../bootstrap/bootstrap.js'
import type { StreamEnd, StreamOpener } from '../channel/control-stream.js'
import { statusName } from '../channel/status-name.js'
import type { LoadCounter } from './load-counter.js'

const method = '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats'

/** A server that asks for more than a report a second gets one a second, as from gRPC's core. */
const shortestIntervalMs = 1_000

/** Longer ones than a day overflow the timers of Node. */
const longestIntervalMs = 86_400_000

/** A server may not end its half of the stream when it is told that there is no more. */
const farewellMs = 1_000

/** What a {@link LoadReportClient} is made of. */
export interface LoadReportClientOptions {
  /** Address of the server, for messages. */
  readonly uri: string
  /** Opens the streams. */
  readonly opener: StreamOpener
  /** Who the client says it is. */
  readonly node: NodeIdentity
  /** Times reports and reconnects. */
  readonly clock: Clock
  /** Spreads reconnects. */
  readonly random: Random
  /** Told of streams that end. */
  readonly logger: Logger
  /** Sent to the server as `user_agent_version`. Default: not sent. */
  readonly userAgentVersion?: string
}

/** What the server asked for last. */
interface Order {
  /** Names of clusters; undefined for all. */
  readonly clusters: ReadonlySet<string> | undefined
  readonly intervalMs: number
  readonly perEndpoint: boolean
}

/**
 * Reports load to one server (Envoy's load reporting service, gRFC A27), over the connection that its other streams have. The stream is
 * open while there is something to count; nothing of it keeps an idle process alive.
 */
export class LoadReportClient {
  readonly #options: LoadReportClientOptions
  readonly #counters = new Set<LoadCounter>()
  #node: Node
  #stream: AdsStream | undefined
  /** Undefined while nobody asked on the present stream. */
  #order: Order | undefined
  #lastReportMs = 0
  #timer: Timer | undefined
  #onFarewell: (() => void) | undefined
  #closed = false

  /**
   * @param options - The server, the node and the ports. Nothing is opened yet.
   */
  constructor(options: LoadReportClientOptions) {
    this.#options = options
    this.#node = lrsNode(options.node, options.userAgentVersion)
  }

  /** Reports what this counts, from now on. */
  add(counter: LoadCounter): void {
    if (this.#closed) return
    this.#counters.add(counter)
    this.#open()
  }

  /** Leaves a counter to another server, with what it counted. */
  remove(counter: LoadCounter): void {
    this.#counters.delete(counter)
    this.#stopUnused()
  }

  /** A counter was closed: what it has is still reported, if anything is asked for at present. */
  counterClosed(counter: LoadCounter): void {
    if (this.#order === undefined) this.remove(counter)
  }

  /** Presents another node from now on, on a new stream. */
  useNode(node: NodeIdentity): void {
    this.#node = lrsNode(node, this.#options.userAgentVersion)
    this.#forgetOrder()
    this.#stream?.restart()
  }

  /**
   * Reports for the last time, where reports are asked for, and closes.
   *
   * @returns a promise that resolves when the server has taken the report, or has not within a second.
   */
  async flush(): Promise<void> {
    const stream = this.#stream
    if (stream !== undefined && this.#order !== undefined) {
      const { clock } = this.#options
      const farewell = new Promise<void>((resolve) => {
        // Whoever waits for this waits on purpose.
        const timer = clock.setTimer(farewellMs, resolve, true)
        this.#onFarewell = () => {
          timer.cancel()
          resolve()
        }
      })
      this.#send(this.#take(this.#order))
      this.#forgetOrder()
      stream.finish()
      await farewell
    }
    this.close()
  }

  /** Ends the stream. */
  close(): void {
    this.#closed = true
    this.#onFarewell?.()
    this.#counters.clear()
    this.#stop()
  }

  #open(): void {
    if (this.#stream !== undefined) return
    const { opener, clock, random } = this.#options
    this.#stream = new AdsStream(opener, method, clock, random, {
      opened: () => this.#send([], this.#node),
      response: (bytes) => this.#received(bytes),
      lost: (end) => this.#lost(end),
    })
    this.#stream.start()
  }

  #stopUnused(): void {
    if (this.#counters.size === 0) this.#stop()
  }

  #stop(): void {
    this.#forgetOrder()
    this.#stream?.close()
    this.#stream = undefined
  }

  #lost(end: StreamEnd): void {
    const reason = `${statusName(end.status)}: ${end.reason}`
    this.#options.logger.info(`xds: the load report to ${this.#options.uri} ended: ${reason}`)
    this.#forgetOrder()
    this.#onFarewell?.()
    // Nobody knows when they could be reported, and there may be ever more of them.
    for (const counter of this.#counters) if (counter.isClosed) this.#counters.delete(counter)
    this.#stopUnused()
  }

  #forgetOrder(): void {
    this.#order = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #received(bytes: Uint8Array): void {
    const order = orderOf(bytes)
    if (typeof order === 'string') {
      this.#stream?.fail(order)
      return
    }
    const previous = this.#order
    this.#order = order
    if (previous === undefined) this.#lastReportMs = this.#options.clock.now()
    // An order that is repeated must not put the report off for ever.
    if (previous?.intervalMs !== order.intervalMs) this.#schedule(order)
    this.#stream?.resume()
  }

  #schedule({ intervalMs }: Order): void {
    const { clock } = this.#options
    this.#timer?.cancel()
    this.#timer = clock.setTimer(Math.max(0, this.#lastReportMs + intervalMs - clock.now()), () => {
      const order = this.#order!
      this.#send(this.#take(order))
      this.#schedule(order)
      this.#stopUnused()
    })
  }

  /** What was counted since the last report, of the clusters asked for. */
  #take({ clusters, perEndpoint }: Order): readonly ClusterStats[] {
    this.#lastReportMs = this.#options.clock.now()
    const all: ClusterStats[] = []
    for (const counter of this.#counters) {
      if (clusters === undefined || clusters.has(counter.cluster)) {
        const stats = counter.take(this.#lastReportMs, perEndpoint)
        if (stats !== undefined) all.push(stats)
      }
      if (counter.isClosed) this.#counters.delete(counter)
    }
    return all
  }

  /** Only the first message of a stream says who speaks. */
  #send(clusterStats: readonly ClusterStats[], node?: Node): void {
    this.#stream?.send(LoadStatsRequest.encode(create(LoadStatsRequest, { node, clusterStats })).finish())
  }
}

/** What a response asks for, or what is wrong with it. */
function orderOf(bytes: Uint8Array): Order | string {
  let response: LoadStatsResponse
  try {
    response = LoadStatsResponse.decode(bytes)
  } catch (error) {
    return `a response cannot be decoded: ${error instanceof Error ? error.message : error}`
  }
  const { clusters, sendAllClusters, loadReportingInterval, reportEndpointGranularity } = response
  const intervalMs = loadReportingInterval === undefined ? 0 : durationToMilliseconds(loadReportingInterval)
  if (intervalMs <= 0) return 'the interval of load reports is missing or not positive'
  return {
    clusters: sendAllClusters ? undefined : new Set(clusters),
    intervalMs: Math.min(Math.max(intervalMs, shortestIntervalMs), longestIntervalMs),
    perEndpoint: reportEndpointGranularity,
  }
}

function lrsNode(node: NodeIdentity, userAgentVersion = ''): Node {
  return { ...nodeMessage(node, userAgentVersion), clientFeatures: ['envoy.lrs.supports_send_all_clusters'] }
}
