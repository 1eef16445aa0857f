import type { AttemptFailure, Endpoint, EndpointLoadReport, LoadRecorder, LoadReport, View } from '@inmesh/core'
import {
  Address,
  ClusterStats,
  ClusterStats_DroppedRequests,
  create,
  durationFromMilliseconds,
  Locality,
  SocketAddress,
  UpstreamEndpointStats,
  UpstreamLocalityStats,
} from '@inmesh/xds-proto'
import { MetricSelection, MetricTotals } from './endpoint-metrics.js'

/** What is counted of one endpoint since the last report. */
class EndpointLoad {
  issued = 0
  succeeded = 0
  failed = 0
  /** Not of the last interval only: requests that have not ended. */
  inProgress = 0
  /** What it told of itself, if anything of that is reported. */
  metrics: MetricTotals | undefined

  get isEmpty(): boolean {
    return this.issued === 0 && this.succeeded === 0 && this.failed === 0 && this.inProgress === 0
  }

  add(other: EndpointLoad): void {
    this.issued += other.issued
    this.succeeded += other.succeeded
    this.failed += other.failed
    this.inProgress += other.inProgress
    if (other.metrics === undefined) return
    this.metrics ??= new MetricTotals()
    this.metrics.add(other.metrics)
  }

  reset(): void {
    this.issued = 0
    this.succeeded = 0
    this.failed = 0
    this.metrics = undefined
  }

  toCounts() {
    return {
      totalIssuedRequests: BigInt(this.issued),
      totalSuccessfulRequests: BigInt(this.succeeded),
      totalErrorRequests: BigInt(this.failed),
      totalRequestsInProgress: BigInt(this.inProgress),
    }
  }
}

/** The endpoints of one locality at one priority. */
interface LocalityLoad {
  readonly sample: Endpoint
  readonly total: EndpointLoad
  readonly endpoints: [Endpoint, EndpointLoad][]
}

/**
 * Counts the load of one cluster between reports. On the request path it looks an endpoint up and adds one; localities are put together
 * when a report is due. As in Envoy, an answer of 500 and above is an error, and so is none at all; a request that its caller gave up is
 * neither success nor error. Of a gRPC call a status other than OK is an error.
 */
export class LoadCounter implements LoadRecorder {
  /** Name of the cluster. */
  readonly cluster: string
  /** Only there where something of it is reported: carriers read reports of endpoints for nobody. */
  readonly reported?: (endpoint: Endpoint, report: EndpointLoadReport) => void
  readonly #serviceName: string
  readonly #onClose: (counter: LoadCounter) => void
  readonly #endpoints = new Map<Endpoint, EndpointLoad>()
  readonly #drops = new Map<string, number>()
  #sinceMs: number
  /** So many endpoints make it worth to look for some that are gone. */
  #pruneAt = 64
  #isClosed = false

  /**
   * @param cluster - Name of the cluster.
   * @param report - What to report of it.
   * @param nowMs - On the clock's scale.
   * @param onClose - Called once, when nothing comes any more.
   */
  constructor(cluster: string, report: LoadReport, nowMs: number, onClose: (counter: LoadCounter) => void) {
    this.cluster = cluster
    this.#serviceName = report.serviceName
    this.#sinceMs = nowMs
    this.#onClose = onClose
    if (report.metrics.length === 0) return
    const selection = new MetricSelection(report.metrics)
    this.reported = (endpoint, told) => {
      const load = this.#load(endpoint)
      load.metrics ??= new MetricTotals()
      load.metrics.count(told, selection)
    }
  }

  /** Whether nothing comes any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  started(endpoint: Endpoint): void {
    const load = this.#load(endpoint)
    load.issued++
    load.inProgress++
  }

  responded(endpoint: Endpoint, status: number, grpcStatus: number, _elapsedMs: number, view: View): void {
    const load = this.#load(endpoint)
    if (status >= 500 || (view === 'grpc' && grpcStatus > 0)) load.failed++
    else load.succeeded++
  }

  failed(endpoint: Endpoint, _failure: AttemptFailure): void {
    this.#load(endpoint).failed++
  }

  ended(endpoint: Endpoint): void {
    const load = this.#load(endpoint)
    // One that began before anybody counted ends uncounted.
    if (load.inProgress > 0) load.inProgress--
  }

  dropped(category: string): void {
    this.#drops.set(category, (this.#drops.get(category) ?? 0) + 1)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose(this)
  }

  /**
   * Takes what was counted since the last time.
   *
   * @param nowMs - On the clock's scale.
   * @param perEndpoint - Whether each endpoint is told beside its locality.
   * @returns undefined when there is nothing to tell.
   */
  take(nowMs: number, perEndpoint: boolean): ClusterStats | undefined {
    const localities = this.#localities().map((locality) => localityStats(locality, perEndpoint))
    for (const load of this.#endpoints.values()) load.reset()
    this.#prune()
    const drops = [...this.#drops]
    this.#drops.clear()
    const intervalMs = nowMs - this.#sinceMs
    this.#sinceMs = nowMs
    if (localities.length === 0 && drops.length === 0) return undefined
    return create(ClusterStats, {
      clusterName: this.cluster,
      clusterServiceName: this.#serviceName,
      upstreamLocalityStats: localities,
      totalDroppedRequests: BigInt(drops.reduce((sum, [, count]) => sum + count, 0)),
      // What a limit stopped has no category and counts in the total only (gRFC A32).
      droppedRequests: drops
        .filter(([category]) => category !== '')
        .map(([category, count]) => create(ClusterStats_DroppedRequests, { category, droppedCount: BigInt(count) })),
      loadReportInterval: durationFromMilliseconds(intervalMs),
    })
  }

  #load(endpoint: Endpoint): EndpointLoad {
    let load = this.#endpoints.get(endpoint)
    if (load === undefined) {
      load = new EndpointLoad()
      this.#endpoints.set(endpoint, load)
      if (this.#endpoints.size >= this.#pruneAt) this.#prune()
    }
    return load
  }

  /** Endpoints come and go also while no server takes what is counted of them. */
  #prune(): void {
    for (const [endpoint, load] of this.#endpoints) {
      if (endpoint.removed && load.inProgress === 0) this.#endpoints.delete(endpoint)
    }
    this.#pruneAt = Math.max(64, 2 * this.#endpoints.size)
  }

  #localities(): LocalityLoad[] {
    const localities = new Map<string, LocalityLoad>()
    for (const [endpoint, load] of this.#endpoints) {
      if (load.isEmpty) continue
      const { region, zone, subZone } = endpoint.locality
      const key = JSON.stringify([region, zone, subZone, endpoint.priority])
      let locality = localities.get(key)
      if (locality === undefined) {
        locality = { sample: endpoint, total: new EndpointLoad(), endpoints: [] }
        localities.set(key, locality)
      }
      locality.total.add(load)
      locality.endpoints.push([endpoint, load])
    }
    return [...localities.values()]
  }
}

function localityStats({ sample, total, endpoints }: LocalityLoad, perEndpoint: boolean): UpstreamLocalityStats {
  return create(UpstreamLocalityStats, {
    locality: create(Locality, sample.locality),
    priority: sample.priority,
    ...total.toCounts(),
    ...total.metrics?.toLocality(),
    upstreamEndpointStats: perEndpoint ? endpoints.map(([endpoint, load]) => endpointStats(endpoint, load)) : [],
  })
}

function endpointStats({ host, port }: Endpoint, load: EndpointLoad): UpstreamEndpointStats {
  const socket = create(SocketAddress, { address: host, portSpecifier: { $case: 'portValue', value: port } })
  return create(UpstreamEndpointStats, {
    address: create(Address, { address: { $case: 'socketAddress', value: socket } }),
    ...load.toCounts(),
    loadMetricStats: load.metrics?.toNamed() ?? [],
  })
}
