import type { BalancedCluster } from '../balancing/balancer-environment.js'
import type { HealthCheckStatistics } from '../health-check/health-check-statistics.js'
import { type CheckedCluster, HealthChecker } from '../health-check/health-checker.js'
import type { HealthCheckConfig } from '../model/health-check.js'
import type { OutlierDetectionConfig } from '../model/outlier-detection.js'
import { OutlierDetector, type OutlierSubject } from '../outlier/outlier-detector.js'
import type { OutlierStatistics } from '../outlier/outlier-statistics.js'
import type { ClusterEnvironment } from './cluster-environment.js'
import type { Endpoint } from './endpoint.js'

/** The cluster whose health is watched. */
export interface HealthSubject extends OutlierSubject, Omit<CheckedCluster, 'passedHealthCheck'> {
  /** Starts to tell of every attempt; the function that is returned ends it. */
  observe: BalancedCluster['observe']
}

/** What a mesh itself finds out about the health of a cluster's endpoints: by what requests meet (outlier detection), and by asking. */
export class ClusterHealth {
  readonly #cluster: HealthSubject
  readonly #environment: ClusterEnvironment
  #checker: HealthChecker | undefined
  #outliers: OutlierDetector | undefined
  #unobserve: (() => void) | undefined

  /**
   * @param cluster - The cluster.
   * @param environment - Ports of the plane.
   */
  constructor(cluster: HealthSubject, environment: ClusterEnvironment) {
    this.#cluster = cluster
    this.#environment = environment
  }

  /** What outlier detection found and did; undefined while there is none. */
  get outlierStatistics(): OutlierStatistics | undefined {
    return this.#outliers?.statistics
  }

  /** Counters of active health checks; undefined while there are none. */
  get checkStatistics(): HealthCheckStatistics | undefined {
    return this.#checker?.statistics
  }

  /** Whether endpoints are checked. */
  get checked(): boolean {
    return this.#checker !== undefined
  }

  /** Whether the endpoints that were there at the start have all been checked, if any are to be: until then requests had better wait. */
  get settled(): boolean {
    return this.#checker?.settled ?? true
  }

  /**
   * Takes over how outliers are found. Called before the endpoints change.
   *
   * @param config - The rules; undefined for none.
   */
  detectOutliers(config: OutlierDetectionConfig | undefined): void {
    if (config === undefined) {
      this.#unobserve?.()
      this.#outliers?.stop()
      this.#outliers = undefined
    } else if (this.#outliers === undefined) {
      this.#outliers = new OutlierDetector(this.#cluster, this.#environment, config)
      this.#unobserve = this.#cluster.observe(this.#outliers)
    } else {
      this.#outliers.configure(config)
    }
  }

  /**
   * Takes over how endpoints are checked. Called after the endpoints have changed.
   *
   * @param config - How; undefined for not at all.
   * @param inService - Whether the cluster took requests before.
   */
  check(config: HealthCheckConfig | undefined, inService: boolean): void {
    const { prober } = this.#environment
    const { endpoints, name } = this.#cluster
    if (config === undefined || prober === undefined) {
      this.#checker?.release()
      this.#checker = undefined
    } else if (this.#checker?.isFor(config)) {
      this.#checker.update(endpoints, false)
    } else {
      this.#checker?.stop()
      this.#checker = new HealthChecker(this.#asChecked(name), { ...this.#environment, prober }, config)
      this.#checker.update(endpoints, inService)
    }
  }

  /** Every endpoint is gone; how they are checked stays. */
  endpointsCleared(): void {
    this.#checker?.update(this.#cluster.endpoints, false)
  }

  /** An endpoint is no longer listed. */
  endpointRemoved(endpoint: Endpoint): void {
    this.#outliers?.endpointRemoved(endpoint)
  }

  /** A response said that its endpoint is ill: it is taken out of service until it passes checks again. */
  failedInTraffic(endpoint: Endpoint): void {
    this.#checker?.failedInTraffic(endpoint)
  }

  #asChecked(name: string): CheckedCluster {
    const cluster = this.#cluster
    return {
      name,
      get hasTraffic() {
        return cluster.hasTraffic
      },
      healthChanged: () => cluster.healthChanged(),
      // Outlier detection may take it back.
      passedHealthCheck: (endpoint) => this.#outliers?.passedHealthCheck(endpoint),
    }
  }
}
