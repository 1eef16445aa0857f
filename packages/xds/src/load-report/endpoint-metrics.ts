import type { EndpointLoadReport } from '@inmesh/core'
import { create, EndpointLoadMetricStats, UnnamedEndpointLoadMetricStats } from '@inmesh/xds-proto'

/** An endpoint invents the names of its metrics: more of them than this are not counted. */
const mostNames = 100

/** Maps of a report by their names in its message. */
const MAPS = {
  request_cost: 'requestCost',
  utilization: 'utilization',
  named_metrics: 'namedMetrics',
} as const

type MapName = keyof typeof MAPS

/**
 * Which metrics of an endpoint's reports go on to the control plane (`lrs_report_endpoint_metrics` of the cluster, gRFC A85): none unless it
 * names them. `named_metrics.foo` is one entry of a map, `named_metrics.*` all of them.
 */
export class MetricSelection {
  readonly cpu: boolean
  readonly memory: boolean
  readonly application: boolean
  /** Keys by map; `*` for all. */
  readonly maps: readonly (readonly [MapName, ReadonlySet<string>])[]

  /**
   * @param names - As the cluster lists them; what is not known is passed over.
   */
  constructor(names: readonly string[]) {
    this.cpu = names.includes('cpu_utilization')
    this.memory = names.includes('mem_utilization')
    this.application = names.includes('application_utilization')
    this.maps = (Object.keys(MAPS) as MapName[]).flatMap((map) => {
      const prefix = `${map}.`
      const keys = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
      return keys.length === 0 ? [] : [[map, new Set(keys)] as const]
    })
  }
}

/** One metric, added up over the requests that told it. */
class MetricTotal {
  count = 0
  total = 0

  add(value: number, count = 1): void {
    this.count += count
    this.total += value
  }

  /** @returns undefined when no request told it. */
  toStats(): UnnamedEndpointLoadMetricStats | undefined {
    if (this.count === 0) return undefined
    return create(UnnamedEndpointLoadMetricStats, {
      numRequestsFinishedWithMetric: BigInt(this.count),
      totalMetricValue: this.total,
    })
  }
}

/** What endpoints reported with their answers, added up between two reports to the control plane (gRFC A64). */
export class MetricTotals {
  readonly #cpu = new MetricTotal()
  readonly #memory = new MetricTotal()
  readonly #application = new MetricTotal()
  readonly #named = new Map<string, MetricTotal>()

  /** Adds what one answer told. */
  count(report: EndpointLoadReport, { cpu, memory, application, maps }: MetricSelection): void {
    // 0 is what an endpoint that does not say it says.
    if (cpu && report.cpuUtilization > 0) this.#cpu.add(report.cpuUtilization)
    if (memory && report.memoryUtilization > 0) this.#memory.add(report.memoryUtilization)
    if (application && report.applicationUtilization > 0) this.#application.add(report.applicationUtilization)
    for (const [map, keys] of maps) {
      const all = keys.has('*')
      for (const [key, value] of report[MAPS[map]]) {
        if ((all || keys.has(key)) && Number.isFinite(value)) this.#of(`${map}.${key}`)?.add(value)
      }
    }
  }

  /** Adds the totals of another endpoint. */
  add(other: MetricTotals): void {
    this.#cpu.add(other.#cpu.total, other.#cpu.count)
    this.#memory.add(other.#memory.total, other.#memory.count)
    this.#application.add(other.#application.total, other.#application.count)
    for (const [name, { total, count }] of other.#named) this.#of(name)?.add(total, count)
  }

  /** As a locality has them. */
  toLocality() {
    return {
      cpuUtilization: this.#cpu.toStats(),
      memUtilization: this.#memory.toStats(),
      applicationUtilization: this.#application.toStats(),
      loadMetricStats: this.toNamed(),
    }
  }

  /** Those of maps only, which is all that an endpoint of a report has room for. */
  toNamed(): EndpointLoadMetricStats[] {
    return [...this.#named].map(([metricName, { total, count }]) =>
      create(EndpointLoadMetricStats, {
        metricName,
        numRequestsFinishedWithMetric: BigInt(count),
        totalMetricValue: total,
      }),
    )
  }

  #of(name: string): MetricTotal | undefined {
    let metric = this.#named.get(name)
    if (metric === undefined && this.#named.size < mostNames) {
      metric = new MetricTotal()
      this.#named.set(name, metric)
    }
    return metric
  }
}
