/** Why an endpoint was found to be an outlier, by Envoy's names (envoy.data.cluster.v3.OutlierEjectionType). */
export type OutlierType =
  | 'consecutive_5xx'
  | 'consecutive_gateway_failure'
  | 'consecutive_local_origin_failure'
  | 'success_rate'
  | 'local_origin_success_rate'
  | 'failure_percentage'
  | 'local_origin_failure_percentage'

/** Counters by reason. */
export type OutlierCounts = { [type in OutlierType]: number }

/** Counters of one cluster's outlier detection (Envoy, "Outlier detection statistics"). */
export class OutlierStatistics {
  /** Endpoints that are out now. */
  active = 0
  /** Outliers that stayed because enough others are out. */
  overflow = 0
  /** Outliers found, ejected or not. */
  readonly detected: OutlierCounts = noOutliers()
  /** Endpoints ejected. */
  readonly enforced: OutlierCounts = noOutliers()
}

function noOutliers(): OutlierCounts {
  return {
    consecutive_5xx: 0,
    consecutive_gateway_failure: 0,
    consecutive_local_origin_failure: 0,
    success_rate: 0,
    local_origin_success_rate: 0,
    failure_percentage: 0,
    local_origin_failure_percentage: 0,
  }
}
