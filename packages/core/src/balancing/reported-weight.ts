import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { WeightedByLoadPolicy } from '../model/load-balancing.js'

/** The weight of an endpoint as its load reports make it (gRFC A58). */
export class ReportedWeight {
  readonly #policy: WeightedByLoadPolicy
  #weight = 0
  #updatedMs = 0
  /** Since when there have been reports without a gap; `Infinity` while there are none. */
  #reportingSinceMs = Number.POSITIVE_INFINITY

  /**
   * @param policy - As configured.
   */
  constructor(policy: WeightedByLoadPolicy) {
    this.#policy = policy
  }

  /**
   * Takes a report in.
   *
   * @param report - The report. One without load or requests says nothing.
   * @param nowMs - On the clock's scale.
   */
  report(report: EndpointLoadReport, nowMs: number): void {
    const utilization = utilizationOf(report, this.#policy.metricNames)
    const { requestsPerSecond, errorsPerSecond } = report
    if (!(utilization > 0) || !(requestsPerSecond > 0)) return
    const errors = errorsPerSecond > 0 ? (errorsPerSecond / requestsPerSecond) * this.#policy.errorPenalty : 0
    const weight = requestsPerSecond / (utilization + errors)
    if (!(weight > 0) || weight === Number.POSITIVE_INFINITY) return
    if (this.#reportingSinceMs === Number.POSITIVE_INFINITY) this.#reportingSinceMs = nowMs
    this.#weight = weight
    this.#updatedMs = nowMs
  }

  /** The endpoint was connected to again: what it says at first counts for nothing once more. */
  restart(): void {
    this.#reportingSinceMs = Number.POSITIVE_INFINITY
  }

  /**
   * @param nowMs - On the clock's scale.
   * @returns the weight; 0 while it is not known: no reports yet, too few to be believed, or none for too long.
   */
  at(nowMs: number): number {
    if (this.#reportingSinceMs === Number.POSITIVE_INFINITY) return 0
    if (nowMs - this.#updatedMs >= this.#policy.expirationMs) {
      this.#reportingSinceMs = Number.POSITIVE_INFINITY
      return 0
    }
    return nowMs - this.#reportingSinceMs < this.#policy.blackoutMs ? 0 : this.#weight
  }
}

/** The largest of the metrics that were asked for, else what the application says, else the CPU (gRFC A114; Envoy since 1.38). */
function utilizationOf(report: EndpointLoadReport, names: readonly string[]): number {
  let largest = 0
  for (const name of names) {
    const value = metric(report, name)
    if (value !== undefined && value > largest) largest = value
  }
  if (largest > 0) return largest
  return report.applicationUtilization > 0 ? report.applicationUtilization : report.cpuUtilization
}

/** An entry of a map is named `named_metrics.<key>`; the key itself may have dots. */
function metric(report: EndpointLoadReport, name: string): number | undefined {
  switch (name) {
    case 'cpu_utilization':
      return report.cpuUtilization
    case 'mem_utilization':
      return report.memoryUtilization
    case 'application_utilization':
      return report.applicationUtilization
  }
  const dot = name.indexOf('.')
  const key = name.slice(dot + 1)
  switch (dot < 0 ? '' : name.slice(0, dot)) {
    case 'named_metrics':
      return report.namedMetrics.get(key)
    case 'utilization':
      return report.utilization.get(key)
    case 'request_cost':
      return report.requestCost.get(key)
    default:
      return undefined
  }
}
