import type { Endpoint } from '../cluster/endpoint.js'
import { sameValue } from '../collections/same-value.js'
import type { HealthCheckConfig } from '../model/health-check.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import { HealthCheckSession, type SessionScope } from './health-check-session.js'
import { HealthCheckStatistics } from './health-check-statistics.js'
import type { HealthProber } from './health-prober.js'

/** What of a cluster health checks need. */
export interface CheckedCluster {
  /** Its name. */
  readonly name: string
  /** Whether it ever had a request. */
  readonly hasTraffic: boolean
  /** Told after the health of endpoints changed. */
  healthChanged(): void
  /** Told when a check found an endpoint well that is in service as far as checks go. */
  passedHealthCheck(endpoint: Endpoint): void
}

/** What health checks run on. */
export interface HealthCheckPorts {
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Carries them out. */
  readonly prober: HealthProber
}

/**
 * Checks the endpoints of one cluster as Envoy does ("Health checking"). An endpoint is out of service until its first check went well.
 * gRPC does not know active checks (gRFC A27 has no place for them), so they decide for HTTP calls only.
 */
export class HealthChecker {
  /** Counters. */
  readonly statistics = new HealthCheckStatistics()
  readonly #cluster: CheckedCluster
  readonly #ports: HealthCheckPorts
  readonly #config: HealthCheckConfig
  readonly #scope: SessionScope
  readonly #sessions = new Map<Endpoint, HealthCheckSession>()
  #settled = false
  #telling: Timer | undefined

  /**
   * @param cluster - The cluster.
   * @param ports - Clock, dice and prober.
   * @param config - How to check.
   */
  constructor(cluster: CheckedCluster, ports: HealthCheckPorts, config: HealthCheckConfig) {
    this.#cluster = cluster
    this.#ports = ports
    this.#config = config
    const { clock, random } = ports
    const { statistics } = this
    this.#scope = {
      clock,
      random,
      statistics,
      config,
      get hasTraffic() {
        return cluster.hasTraffic
      },
      checked: (endpoint, well, changed) => this.#checked(endpoint, well, changed),
    }
  }

  /** Whether the endpoints that were there at the start have all been checked: until then requests had better wait. */
  get settled(): boolean {
    return this.#settled
  }

  /**
   * Whether the checker was made for this configuration.
   *
   * @param config - How to check.
   */
  isFor(config: HealthCheckConfig): boolean {
    return sameValue(config, this.#config)
  }

  /**
   * Begins with endpoints that are new, and ends with those that are gone.
   *
   * @param endpoints - All endpoints of the cluster.
   * @param inService - Whether new ones keep the health they have until their first check, and no request waits for it: those of a cluster
   * that is in service already. Others are ill until then (Envoy, "FAILED_ACTIVE_HC").
   */
  update(endpoints: ReadonlyMap<string, Endpoint>, inService: boolean): void {
    this.#settled ||= inService
    for (const [endpoint, session] of this.#sessions) {
      if (!endpoint.removed && !isExempt(endpoint)) continue
      session.stop()
      this.#sessions.delete(endpoint)
      release(endpoint)
    }
    const added: HealthCheckSession[] = []
    for (const endpoint of endpoints.values()) {
      if (this.#sessions.has(endpoint) || isExempt(endpoint)) continue
      if (!inService) {
        endpoint.passesHealthChecks = false
        endpoint.excluded = this.#config.excludesNew
      }
      const session = this.#open(endpoint)
      this.#sessions.set(endpoint, session)
      added.push(session)
    }
    this.#settle()
    for (const session of added) session.start()
  }

  /** Ends every check. */
  stop(): void {
    this.#telling?.cancel()
    for (const session of this.#sessions.values()) session.stop()
  }

  /** Ends every check, and takes the verdicts back. */
  release(): void {
    this.stop()
    for (const endpoint of this.#sessions.keys()) release(endpoint)
    this.#cluster.healthChanged()
  }

  /**
   * A response to a request said that its endpoint is ill (`x-envoy-immediate-health-check-fail`).
   *
   * @param endpoint - Who answered.
   */
  failedInTraffic(endpoint: Endpoint): void {
    this.#sessions.get(endpoint)?.failedInTraffic()
  }

  #open(endpoint: Endpoint): HealthCheckSession {
    const own = endpoint.config.healthCheck
    const target = {
      host: endpoint.host,
      port: own?.port ?? this.#config.port ?? endpoint.port,
      hostname: own?.hostname ?? '',
      cluster: this.#cluster.name,
    }
    return new HealthCheckSession(endpoint, this.#ports.prober.probe(target, this.#config), this.#scope)
  }

  #checked(endpoint: Endpoint, well: boolean, changed: boolean): void {
    if (well && endpoint.passesHealthChecks) this.#cluster.passedHealthCheck(endpoint)
    if (!changed) return
    // Many endpoints answer their first check at about the same time, and every view goes through all of them.
    this.#telling ??= this.#ports.clock.setTimer(0, this.#tell)
  }

  readonly #tell = (): void => {
    this.#telling = undefined
    this.#settle()
    this.#cluster.healthChanged()
  }

  #settle(): void {
    if (this.#settled) return
    for (const session of this.#sessions.values()) if (session.first) return
    this.#settled = true
  }
}

function isExempt(endpoint: Endpoint): boolean {
  return endpoint.config.healthCheck?.disabled === true
}

function release(endpoint: Endpoint): void {
  endpoint.passesHealthChecks = true
  endpoint.degradedByHealthCheck = false
  endpoint.excluded = false
}
