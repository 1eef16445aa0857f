import type { BalancingPolicies } from '../balancing/balancer-environment.js'
import type { HealthProber } from '../health-check/health-prober.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { Carrier } from './carrier.js'
import type { LoadReporting } from './load-reporting.js'
import type { LocalCluster } from './local-cluster.js'

/** What every cluster of a plane is given: the plane's ports. */
export interface ClusterEnvironment {
  /** One carrier for each view that is served. */
  readonly carriers: readonly Carrier[]
  /** Time: ejections, failover and slow start end by it. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Where load is counted that is to be reported. Default: nowhere. */
  readonly loadReporting?: LoadReporting | undefined
  /** Carries out active health checks. Absent: nobody is checked, and endpoints count as well. */
  readonly prober?: HealthProber
  /**
   * The cluster that the mesh is part of. Absent: it is not known.
   *
   * @internal
   */
  readonly local?: LocalCluster | undefined
  /** Load balancing policies of the application's own. Default: none. */
  readonly policies?: BalancingPolicies | undefined
  /**
   * Asks for the addresses of a cluster anew, as `resolveAgain` of the plane's source. Default: nobody is asked.
   *
   * @param cluster - Name of the cluster.
   */
  readonly resolveAgain?: (cluster: string) => void
}
