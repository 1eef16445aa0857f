import type { Endpoint } from '../cluster/endpoint.js'
import type { HealthCheckConfig } from '../model/health-check.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { HealthCheckStatistics } from './health-check-statistics.js'
import type { CheckResult, HealthProbe } from './health-prober.js'

/** What the checks of one endpoint share with those of its siblings. */
export interface SessionScope {
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Counters. */
  readonly statistics: HealthCheckStatistics
  /** How to check. */
  readonly config: HealthCheckConfig
  /** Whether the cluster ever had a request. */
  readonly hasTraffic: boolean
  /** Told after every result: of whom, whether it is well, and whether anything changed for requests. */
  checked(endpoint: Endpoint, well: boolean, changed: boolean): void
}

/** What a result did: nothing, a step towards a threshold, or the endpoint's health changed. */
type Transition = 'unchanged' | 'pending' | 'changed'

/** The checks of one endpoint, one after the other (Envoy, "Health checking"). */
export class HealthCheckSession {
  readonly #endpoint: Endpoint
  readonly #scope: SessionScope
  readonly #probe: HealthProbe
  #timer: Timer | undefined
  #first = true
  #successes = 0
  #failures = 0

  /**
   * @param endpoint - Whom to check.
   * @param probe - How to ask it.
   * @param scope - What it shares with its siblings.
   */
  constructor(endpoint: Endpoint, probe: HealthProbe, scope: SessionScope) {
    this.#endpoint = endpoint
    this.#probe = probe
    this.#scope = scope
  }

  /** Whether there was no result yet. */
  get first(): boolean {
    return this.#first
  }

  /** Begins, after a while by dice where that is configured. */
  start(): void {
    const { config, random } = this.#scope
    if (config.initialJitterMs > 0) this.#wait(random.next() * config.initialJitterMs)
    else this.#check()
  }

  /** Ends. The endpoint keeps its health. */
  stop(): void {
    this.#timer?.cancel()
    this.#probe.stop()
  }

  /** A response to a request said that the endpoint is ill; no check has to confirm it. */
  failedInTraffic(): void {
    this.#scope.statistics.passiveFailure++
    this.#failed('leaving')
  }

  readonly #check = (): void => {
    const { clock, config, statistics } = this.#scope
    statistics.attempt++
    this.#timer = clock.setTimer(config.timeoutMs, this.#timedOut)
    this.#probe.check(this.#answered)
  }

  readonly #timedOut = (): void => {
    this.#probe.stop()
    this.#answered('unreachable')
  }

  readonly #answered = (result: CheckResult): void => {
    this.#timer?.cancel()
    const well = result === 'healthy' || result === 'degraded'
    const transition = well ? this.#succeeded(result) : this.#failed(result)
    this.#wait(this.#intervalMs(well, transition))
  }

  #succeeded(result: CheckResult): Transition {
    const endpoint = this.#endpoint
    const { clock, config, statistics } = this.#scope
    statistics.success++
    this.#failures = 0
    let transition: Transition = 'unchanged'
    if (!endpoint.passesHealthChecks) {
      // The first check decides alone, so that a cluster is in service soon.
      if (this.#first || ++this.#successes === config.healthyThreshold) {
        endpoint.passesHealthChecks = true
        endpoint.excluded = false
        endpoint.inServiceSince = clock.now()
        transition = 'changed'
      } else {
        transition = 'pending'
      }
    }
    const degraded = result === 'degraded'
    if (degraded !== endpoint.degradedByHealthCheck) {
      endpoint.degradedByHealthCheck = degraded
      if (transition === 'unchanged') transition = 'changed'
    }
    return this.#told(true, transition)
  }

  #failed(result: CheckResult): Transition {
    const endpoint = this.#endpoint
    const { config, statistics } = this.#scope
    statistics.failure++
    if (result === 'unreachable') statistics.networkFailure++
    this.#successes = 0
    let transition: Transition = 'unchanged'
    if (endpoint.passesHealthChecks) {
      // An endpoint that nothing is known of is only in service because its cluster was, before there were checks.
      const counts = result !== 'failed' && result !== 'leaving' && !this.#first
      if (!counts || ++this.#failures === config.unhealthyThreshold) {
        endpoint.passesHealthChecks = false
        transition = 'changed'
      } else {
        transition = 'pending'
      }
    }
    // It was checked now, if it was new.
    endpoint.excluded = result === 'leaving' || (endpoint.excluded && !this.#first)
    return this.#told(false, transition)
  }

  #told(well: boolean, transition: Transition): Transition {
    // That there is a first result may be what requests wait for.
    const changed = transition === 'changed' || this.#first
    this.#first = false
    this.#scope.checked(this.#endpoint, well, changed)
    return transition
  }

  #intervalMs(well: boolean, transition: Transition): number {
    const { config, random } = this.#scope
    const base = this.#baseIntervalMs(well, transition === 'pending')
    const jitter = (base * config.intervalJitterPercent) / 100 + config.intervalJitterMs
    return Math.max(1, base + (jitter > 0 ? random.next() * jitter : 0))
  }

  #baseIntervalMs(well: boolean, pending: boolean): number {
    const { config, hasTraffic } = this.#scope
    if (!hasTraffic) return well && !pending ? config.noTrafficHealthyIntervalMs : config.noTrafficIntervalMs
    if (well) return pending ? config.healthyEdgeIntervalMs : config.intervalMs
    return pending ? config.unhealthyEdgeIntervalMs : config.unhealthyIntervalMs
  }

  #wait(milliseconds: number): void {
    this.#timer = this.#scope.clock.setTimer(milliseconds, this.#check)
  }
}
