/** Counters of one cluster's health checks (Envoy, "Health check statistics"). */
export class HealthCheckStatistics {
  /** Checks begun. */
  attempt = 0
  /** Checks that went well. */
  success = 0
  /** Checks that did not, and answers to requests that told the endpoint to be ill. */
  failure = 0
  /** Of those, checks without an answer. */
  networkFailure = 0
  /** Of those, answers to requests. */
  passiveFailure = 0
}
