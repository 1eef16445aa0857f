import type { AttemptObserver } from '../cluster/attempt-observer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { ConsecutiveFailures, OutlierDetectionConfig } from '../model/outlier-detection.js'
import type { View } from '../model/view.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import { httpStatusOfGrpc } from './http-status-of-grpc.js'
import { OutlierRecord } from './outlier-record.js'
import { OutlierStatistics, type OutlierType } from './outlier-statistics.js'
import type { SuccessRate } from './success-rate.js'

/** What of a cluster outlier detection needs. */
export interface OutlierSubject {
  /** Every endpoint, whatever its health: shares are shares of them. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** Told after endpoints were ejected or taken back. */
  healthChanged(): void
}

/** Calls that are judged together, and the names and chances of what is found among them. */
interface Judgement {
  readonly view: View
  readonly rate: (record: OutlierRecord) => SuccessRate
  readonly byRate: OutlierType
  readonly byShare: OutlierType
  readonly rateEnforcingPercent: number
  readonly shareEnforcingPercent: number
}

/**
 * Takes endpoints that fail out of service for a while. HTTP calls are judged by Envoy's rules ("Outlier detection"), gRPC calls by those
 * of gRFC A50; what either finds holds for both, as the endpoint is the same.
 *
 * An attempt costs it a counter or two. Rates are compared in a sweep at the end of each interval, and only while there is something to
 * sweep: a cluster without calls has no timer. Envoy notes a success whenever a connection is ready, so that with errors of local
 * origin apart, resets and time-outs never add up to a row there; here they do, as its documentation has it.
 */
export class OutlierDetector implements AttemptObserver {
  /** What was found and done so far. */
  readonly statistics = new OutlierStatistics()
  readonly #subject: OutlierSubject
  readonly #clock: Clock
  readonly #random: Random
  #config: OutlierDetectionConfig
  #judgements: readonly Judgement[]
  #timer: Timer | undefined
  #armedAtMs = 0

  /**
   * @param subject - The cluster.
   * @param ports - Clock and dice.
   * @param config - The rules.
   */
  constructor(
    subject: OutlierSubject,
    ports: { readonly clock: Clock; readonly random: Random },
    config: OutlierDetectionConfig,
  ) {
    this.#subject = subject
    this.#clock = ports.clock
    this.#random = ports.random
    this.#config = config
    this.#judgements = judgementsOf(config)
  }

  /**
   * Takes over changed rules. What is known of the endpoints stays, and the running interval keeps its begin (gRFC A50).
   *
   * @param config - The rules.
   */
  configure(config: OutlierDetectionConfig): void {
    if (config === this.#config) return
    const changed = config.intervalMs !== this.#config.intervalMs
    this.#config = config
    this.#judgements = judgementsOf(config)
    if (!changed || this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = this.#clock.setTimer(this.#armedAtMs + config.intervalMs - this.#clock.now(), this.#sweep)
  }

  /** Ends the detection: every endpoint comes back, and what was known of it is forgotten. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const endpoint of this.#subject.endpoints.values()) {
      endpoint.outlier = undefined
      endpoint.ejected = false
    }
    const ejected = this.statistics.active
    this.statistics.active = 0
    if (ejected > 0) this.#subject.healthChanged()
  }

  /** An endpoint is no longer listed. */
  endpointRemoved(endpoint: Endpoint): void {
    if (endpoint.ejected) this.statistics.active--
  }

  /** An endpoint passed an active health check: where the rules say so, it is taken back. */
  passedHealthCheck(endpoint: Endpoint): void {
    if (!endpoint.ejected || !this.#config.unejectOnHealthCheck) return
    this.#takeBack(endpoint, endpoint.outlier!)
    this.#subject.healthChanged()
  }

  started(): void {}

  responded(endpoint: Endpoint, status: number, grpcStatus: number, _elapsedMs: number, view: View): void {
    if (view === 'grpc') {
      if (grpcStatus >= 0) this.#record(endpoint).grpc.count(grpcStatus === 0)
      return
    }
    const record = this.#record(endpoint)
    if (this.#config.splitLocalOriginErrors) {
      record.localOrigin.count(true)
      record.consecutiveLocalOriginFailures = 0
    }
    this.#answered(endpoint, record, grpcStatus >= 0 ? httpStatusOfGrpc(grpcStatus) : status)
  }

  failed(endpoint: Endpoint, failure: AttemptFailure, _elapsedMs: number, view: View): void {
    const record = this.#record(endpoint)
    if (view === 'grpc') {
      record.grpc.count(false)
    } else if (this.#config.splitLocalOriginErrors) {
      record.localOrigin.count(false)
      const { consecutiveLocalOriginFailures: rule } = this.#config
      if (++record.consecutiveLocalOriginFailures === rule.count) {
        this.#foundInRow(endpoint, record, 'consecutive_local_origin_failure', rule)
        record.consecutiveLocalOriginFailures = 0
      }
    } else {
      this.#answered(endpoint, record, failure === 'per-try-timeout' ? 504 : 503)
    }
  }

  /** A further result of the attempt, whose head has counted already, as in Envoy's router. The status of a gRPC call comes last anyway. */
  broken(endpoint: Endpoint, failure: AttemptFailure, view: View): void {
    if (view === 'http') this.failed(endpoint, failure, 0, view)
  }

  ended(): void {}

  #record(endpoint: Endpoint): OutlierRecord {
    if (this.#timer === undefined) this.#arm()
    let record = endpoint.outlier
    if (record === undefined) {
      record = new OutlierRecord()
      endpoint.outlier = record
    }
    return record
  }

  #answered(endpoint: Endpoint, record: OutlierRecord, status: number): void {
    if (status < 500) {
      record.answers.count(true)
      record.consecutive5xx = 0
      record.consecutiveGatewayFailures = 0
      return
    }
    record.answers.count(false)
    const { consecutive5xx, consecutiveGatewayFailures } = this.#config
    if (status < 502 || status > 504) {
      record.consecutiveGatewayFailures = 0
    } else if (++record.consecutiveGatewayFailures === consecutiveGatewayFailures.count) {
      this.#foundInRow(endpoint, record, 'consecutive_gateway_failure', consecutiveGatewayFailures)
      record.consecutiveGatewayFailures = 0
    }
    if (++record.consecutive5xx === consecutive5xx.count) {
      this.#foundInRow(endpoint, record, 'consecutive_5xx', consecutive5xx)
      record.consecutive5xx = 0
    }
  }

  #foundInRow(endpoint: Endpoint, record: OutlierRecord, type: OutlierType, rule: ConsecutiveFailures): void {
    // An endpoint that is out may still have requests in flight, or get some while its cluster panics.
    if (endpoint.ejected || endpoint.removed) return
    if (this.#found('http', endpoint, record, type, rule.enforcingPercent)) this.#subject.healthChanged()
  }

  /** @returns whether the outlier was ejected. */
  #found(view: View, endpoint: Endpoint, record: OutlierRecord, type: OutlierType, enforcingPercent: number): boolean {
    const { statistics } = this
    statistics.detected[type]++
    if (!this.#mayEject(view)) {
      statistics.overflow++
      return false
    }
    if (this.#random.below(100) >= enforcingPercent) return false
    const { baseEjectionMs, maxEjectionMs, maxEjectionJitterMs } = this.#config
    statistics.enforced[type]++
    statistics.active++
    endpoint.ejected = true
    record.ejectedAtMs = this.#clock.now()
    record.jitterMs = view === 'grpc' ? 0 : this.#random.next() * maxEjectionJitterMs
    if (record.multiplier * baseEjectionMs < maxEjectionMs + baseEjectionMs) record.multiplier++
    return true
  }

  #mayEject(view: View): boolean {
    const { maxEjectionPercent, alwaysEjectOneHost } = this.#config
    const ejected = this.statistics.active
    const hosts = this.#subject.endpoints.size
    // gRPC asks what share is out already, so that one endpoint can always go; Envoy asks what share would be.
    if (view === 'grpc') return (100 * ejected) / hosts < maxEjectionPercent
    return (100 * (ejected + 1)) / hosts <= maxEjectionPercent || (alwaysEjectOneHost && ejected === 0)
  }

  #takeBack(endpoint: Endpoint, record: OutlierRecord): void {
    this.statistics.active--
    endpoint.ejected = false
    record.unejectedAtMs = this.#clock.now()
    record.forgetConsecutive()
  }

  #arm(): void {
    this.#armedAtMs = this.#clock.now()
    this.#timer = this.#clock.setTimer(this.#config.intervalMs, this.#sweep)
  }

  readonly #sweep = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    let changed = this.#takeBackThoseDue(now)
    for (const judgement of this.#judgements) changed = this.#judge(judgement) || changed
    const lively = this.#letMultipliersShrink(now)
    if (changed) this.#subject.healthChanged()
    // What is told of a change may have counted an attempt.
    if (lively && this.#timer === undefined) this.#arm()
  }

  #takeBackThoseDue(now: number): boolean {
    const { baseEjectionMs, maxEjectionMs } = this.#config
    let changed = false
    for (const endpoint of this.#subject.endpoints.values()) {
      const record = endpoint.outlier
      if (record === undefined) continue
      record.turn()
      if (!endpoint.ejected) continue
      const lastsMs = Math.min(baseEjectionMs * record.multiplier, maxEjectionMs) + record.jitterMs
      if (now - record.ejectedAtMs < lastsMs) continue
      this.#takeBack(endpoint, record)
      changed = true
    }
    return changed
  }

  #judge(judgement: Judgement): boolean {
    const { successRate, failurePercentage } = this.#config
    const forRate: Endpoint[] = []
    const forShare: Endpoint[] = []
    let sum = 0
    for (const endpoint of this.#subject.endpoints.values()) {
      const record = endpoint.outlier
      if (record === undefined || endpoint.ejected) continue
      const rate = judgement.rate(record)
      if (rate.lastTotal === 0) continue
      if (rate.lastTotal >= failurePercentage.requestVolume) forShare.push(endpoint)
      if (rate.lastTotal < successRate.requestVolume) continue
      forRate.push(endpoint)
      sum += rate.lastPercent
    }
    let changed = false
    if (forRate.length > 0 && forRate.length >= successRate.minimumHosts) {
      changed = this.#judgeByRate(judgement, forRate, sum / forRate.length)
    }
    if (forShare.length >= failurePercentage.minimumHosts) changed = this.#judgeByShare(judgement, forShare) || changed
    return changed
  }

  #judgeByRate(judgement: Judgement, endpoints: readonly Endpoint[], mean: number): boolean {
    if (judgement.view === 'grpc' && judgement.rateEnforcingPercent === 0) return false
    let squares = 0
    for (const { outlier } of endpoints) squares += (judgement.rate(outlier!).lastPercent - mean) ** 2
    const threshold = mean - Math.sqrt(squares / endpoints.length) * this.#config.successRate.stdevFactor
    let changed = false
    for (const endpoint of endpoints) {
      const record = endpoint.outlier!
      if (judgement.rate(record).lastPercent >= threshold) continue
      const { view, byRate, rateEnforcingPercent } = judgement
      changed = this.#found(view, endpoint, record, byRate, rateEnforcingPercent) || changed
    }
    return changed
  }

  #judgeByShare(judgement: Judgement, endpoints: readonly Endpoint[]): boolean {
    if (judgement.view === 'grpc' && judgement.shareEnforcingPercent === 0) return false
    const { threshold } = this.#config.failurePercentage
    let changed = false
    for (const endpoint of endpoints) {
      const record = endpoint.outlier!
      const failed = 100 - judgement.rate(record).lastPercent
      const { view, byShare, shareEnforcingPercent } = judgement
      if (endpoint.ejected || (view === 'grpc' ? failed <= threshold : failed < threshold)) continue
      changed = this.#found(view, endpoint, record, byShare, shareEnforcingPercent) || changed
    }
    return changed
  }

  /** @returns whether the next sweep would have anything to do. */
  #letMultipliersShrink(now: number): boolean {
    let lively = false
    for (const endpoint of this.#subject.endpoints.values()) {
      const record = endpoint.outlier
      if (record === undefined) continue
      const settled = !endpoint.ejected && now - record.unejectedAtMs >= this.#config.intervalMs
      if (settled && record.multiplier > 0) record.multiplier--
      lively ||= endpoint.ejected || record.lively
    }
    return lively
  }
}

function judgementsOf({ successRate, failurePercentage, splitLocalOriginErrors }: OutlierDetectionConfig): Judgement[] {
  const answers: Judgement = {
    view: 'http',
    rate: (record) => record.answers,
    byRate: 'success_rate',
    byShare: 'failure_percentage',
    rateEnforcingPercent: successRate.enforcingPercent,
    shareEnforcingPercent: failurePercentage.enforcingPercent,
  }
  const localOrigin: Judgement = {
    view: 'http',
    rate: (record) => record.localOrigin,
    byRate: 'local_origin_success_rate',
    byShare: 'local_origin_failure_percentage',
    rateEnforcingPercent: successRate.enforcingLocalOriginPercent,
    shareEnforcingPercent: failurePercentage.enforcingLocalOriginPercent,
  }
  const grpc: Judgement = { ...answers, view: 'grpc', rate: (record) => record.grpc }
  return splitLocalOriginErrors ? [answers, localOrigin, grpc] : [answers, grpc]
}
