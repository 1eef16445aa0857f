/**
 * How an endpoint is doing, as it says itself in a response (xds.data.orca.v3.OrcaLoadReport; gRFC A51). Numbers are as sent: not negative
 * in a sane report, but nothing is checked.
 */
export interface EndpointLoadReport {
  /** CPU in use, 1 for all that the endpoint may have. 0 when it does not say. */
  readonly cpuUtilization: number
  /** Memory in use, up to 1. 0 when it does not say. */
  readonly memoryUtilization: number
  /** The application's own measure, 1 for full. 0 when it does not say. */
  readonly applicationUtilization: number
  /** Requests per second that it takes, of all its clients. */
  readonly requestsPerSecond: number
  /** Errors per second, as the application counts them. */
  readonly errorsPerSecond: number
  /** What the request cost, by name of the resource. */
  readonly requestCost: ReadonlyMap<string, number>
  /** Use of further resources, by name. */
  readonly utilization: ReadonlyMap<string, number>
  /** Any other metrics, by name. */
  readonly namedMetrics: ReadonlyMap<string, number>
}
