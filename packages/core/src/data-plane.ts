import type { BalancingPolicies } from './balancing/balancer-environment.js'
import type { Carrier } from './cluster/carrier.js'
import type { Cluster } from './cluster/cluster.js'
import { ClusterRegistry } from './cluster/cluster-registry.js'
import type { LoadReporting } from './cluster/load-reporting.js'
import { LocalCluster } from './cluster/local-cluster.js'
import { NamedClusters } from './cluster/named-clusters.js'
import { ActiveFaults } from './filters/active-faults.js'
import type { HealthProber } from './health-check/health-prober.js'
import type { Locality } from './model/endpoint.js'
import type { Clock, Timer } from './ports/clock.js'
import type { ConfigSource } from './ports/config-source.js'
import type { Random } from './ports/random.js'
import { TimerWheel } from './ports/timer-wheel.js'
import { Target } from './target/target.js'

/** How often targets that nobody uses are looked for. One that was not used between two looks is closed. */
const SWEEP_MS = 300_000

/** The cluster that a process is part of (Envoy, `local_cluster_name`). Its endpoints are watched as long as the plane is open. */
export interface LocalClusterOptions {
  /** Resource name. */
  readonly name: string
  /** Where the process is. */
  readonly locality: Locality
}

/** What a {@link DataPlane} is made of. */
export interface DataPlaneOptions {
  /** Where configuration comes from. */
  readonly source: ConfigSource
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** One carrier for each view that is served. */
  readonly carriers: readonly Carrier[]
  /** Where load is counted that is to be reported to a control plane. Default: nowhere. */
  readonly loadReporting?: LoadReporting | undefined
  /** Carries out active health checks. Default: nobody is checked. */
  readonly prober?: HealthProber
  /** The cluster that this process is part of, so that requests can be kept in its zone. Default: not known. */
  readonly localCluster?: LocalClusterOptions | undefined
  /** Load balancing policies of the application's own, by name. Default: none. */
  readonly policies?: BalancingPolicies | undefined
}

/**
 * The data plane of one mesh: every target it was asked for and every cluster those lead to. Carriers share it, so that requests,
 * retries and load are counted once whatever carries them.
 */
export class DataPlane {
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Timers for limits of requests. */
  readonly timers: TimerWheel
  /** Faults that are injected now. */
  readonly faults = new ActiveFaults()
  readonly #source: ConfigSource
  readonly #registry: ClusterRegistry
  readonly #named: NamedClusters
  readonly #targets = new Map<string, Target>()
  readonly #unwatchLocal: (() => void) | undefined
  #sweep: Timer
  #closed = false

  /**
   * @param options - Parts of the plane.
   */
  constructor(options: DataPlaneOptions) {
    this.clock = options.clock
    this.random = options.random
    this.timers = new TimerWheel(options.clock)
    this.#source = options.source
    const { localCluster } = options
    const local = localCluster && new LocalCluster(localCluster.name, localCluster.locality)
    const resolveAgain = (cluster: string): void => this.#source.resolveAgain?.(cluster)
    this.#registry = new ClusterRegistry({ ...options, local, resolveAgain })
    this.#named = new NamedClusters(this.#source, this.#registry)
    this.#unwatchLocal = local && this.#registry.watch(local.name, this.#source)?.unwatch
    this.#sweep = this.clock.setTimer(SWEEP_MS, this.#sweepTargets)
  }

  /**
   * The target of a name; the first request for a name starts to watch it.
   *
   * @param name - `host:port`, the host in lower case.
   */
  target(name: string): Target {
    let target = this.#targets.get(name)
    if (target === undefined || target.state === 'closed') {
      target = new Target(name, this.#source, this.#registry, this.#named, this.random)
      if (this.#closed) target.close()
      this.#targets.set(name, target)
    }
    return target
  }

  /** Every target that is watched. */
  targets(): IterableIterator<Target> {
    return this.#targets.values()
  }

  /** Every cluster that a target names or a call holds. */
  clusters(): IterableIterator<Cluster> {
    return this.#registry.values()
  }

  /** Ends every watch. Requests in flight end undisturbed; later ones fail with `ERR_INMESH_CLOSED`. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#sweep.cancel()
    this.timers.close()
    for (const target of this.#targets.values()) target.close()
    this.#named.close()
    this.#unwatchLocal?.()
  }

  /** A crawler asks for many hosts once: without this, each would stay subscribed for ever. */
  readonly #sweepTargets = (): void => {
    for (const [name, target] of this.#targets) {
      if (target.used) {
        target.used = false
        continue
      }
      target.close()
      this.#targets.delete(name)
    }
    this.#named.sweep()
    this.#sweep = this.clock.setTimer(SWEEP_MS, this.#sweepTargets)
  }
}
