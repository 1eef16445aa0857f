import type { EndpointLoadReport } from './endpoint-load-report.js'

/** A {@link EndpointLoadReport} in the making: every encoding fills in the same fields by the names of the .proto file. */
export class EndpointLoadReportBuilder implements EndpointLoadReport {
  cpuUtilization = 0
  memoryUtilization = 0
  applicationUtilization = 0
  requestsPerSecond = 0
  errorsPerSecond = 0
  readonly requestCost = new Map<string, number>()
  readonly utilization = new Map<string, number>()
  readonly namedMetrics = new Map<string, number>()

  /**
   * Takes a metric.
   *
   * @param name - Name of the field; an entry of a map as `named_metrics.<key>`.
   * @param value - Its value.
   * @returns whether there is such a field.
   */
  take(name: string, value: number): boolean {
    switch (name) {
      case 'cpu_utilization':
        this.cpuUtilization = value
        return true
      case 'mem_utilization':
        this.memoryUtilization = value
        return true
      case 'application_utilization':
        this.applicationUtilization = value
        return true
      case 'rps_fractional':
        this.requestsPerSecond = value
        return true
      case 'eps':
        this.errorsPerSecond = value
        return true
    }
    const dot = name.indexOf('.')
    const map = dot < 0 ? undefined : this.map(name.slice(0, dot))
    if (map === undefined || dot === name.length - 1) return false
    map.set(name.slice(dot + 1), value)
    return true
  }

  /** The map of a name of the .proto file; undefined for any other. */
  map(name: string): Map<string, number> | undefined {
    switch (name) {
      case 'request_cost':
        return this.requestCost
      case 'utilization':
        return this.utilization
      case 'named_metrics':
        return this.namedMetrics
      default:
        return undefined
    }
  }
}
