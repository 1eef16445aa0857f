/** Ejects an endpoint that fails some times in a row. */
export interface ConsecutiveFailures {
  /** Failures in a row that make an outlier. 0 means never. */
  readonly count: number
  /** Chance that an outlier is really ejected, 0 to 100. */
  readonly enforcingPercent: number
}

/** Which endpoints of an interval can be compared, and what becomes of those that compare badly. */
export interface RateRule {
  /** Endpoints with enough requests that there must be, or nobody is compared. */
  readonly minimumHosts: number
  /** Requests of the interval that an endpoint must have had to be compared. */
  readonly requestVolume: number
  /** Chance that an outlier is really ejected, 0 to 100. */
  readonly enforcingPercent: number
  /** As `enforcingPercent`, for outliers by failures of local origin. HTTP view only. */
  readonly enforcingLocalOriginPercent: number
}

/** Ejects endpoints whose success rate is far below the mean of all. */
export interface SuccessRateRule extends RateRule {
  /** How many standard deviations below the mean an outlier is. */
  readonly stdevFactor: number
}

/** Ejects endpoints that fail too large a share of their requests. */
export interface FailurePercentageRule extends RateRule {
  /** 0 to 100. HTTP: a share as large makes an outlier (Envoy); gRPC: a larger one (gRFC A50). */
  readonly threshold: number
}

/**
 * Outlier detection with every default filled in (envoy.config.cluster.v3.OutlierDetection; gRFC A50). Failures in a row, jitter, local
 * origin and `alwaysEjectOneHost` are rules of the HTTP view; gRPC knows only rates, and can always eject one endpoint.
 */
export interface OutlierDetectionConfig {
  /** Milliseconds between two sweeps, more than 0. */
  readonly intervalMs: number
  /** How long a first ejection lasts, in milliseconds; the second lasts twice as long, and so on. */
  readonly baseEjectionMs: number
  /** How long any ejection lasts at most, jitter apart, in milliseconds. At least `baseEjectionMs`. */
  readonly maxEjectionMs: number
  /** Up to so many milliseconds are added to an ejection by dice. */
  readonly maxEjectionJitterMs: number
  /** Share of the endpoints that may be out at a time, 0 to 100. */
  readonly maxEjectionPercent: number
  /** One endpoint may be out whatever `maxEjectionPercent` says. */
  readonly alwaysEjectOneHost: boolean
  /** Failures to reach an endpoint are counted apart from its answers. */
  readonly splitLocalOriginErrors: boolean
  /** An endpoint that passes an active health check is taken back at once. */
  readonly unejectOnHealthCheck: boolean
  /** Answers of 500 and above, and failures to reach the endpoint where those are not counted apart. */
  readonly consecutive5xx: ConsecutiveFailures
  /** As `consecutive5xx`, for 502, 503 and 504 only. */
  readonly consecutiveGatewayFailures: ConsecutiveFailures
  /** Failures to reach the endpoint, where those are counted apart. */
  readonly consecutiveLocalOriginFailures: ConsecutiveFailures
  /** Compares endpoints with each other. */
  readonly successRate: SuccessRateRule
  /** Compares endpoints with a limit. */
  readonly failurePercentage: FailurePercentageRule
}
