import type { HealthCheckConfig } from '../model/health-check.js'

/**
 * What one check found: `healthy`; `degraded`, well but to be spared; `failed`, a wrong answer, which makes an endpoint ill at once; `leaving`,
 * the same from one that says that it goes, so that it does not count among the ill either;
 * `retriable`, a wrong answer that counts towards the threshold, as `unreachable` does, no answer at all.
 */
export type CheckResult = 'healthy' | 'degraded' | 'failed' | 'leaving' | 'retriable' | 'unreachable'

/** Whom to check. */
export interface ProbeTarget {
  /** IP literal or host name. */
  readonly host: string
  /** TCP port. */
  readonly port: number
  /** What a `host` header says; empty where the check itself or the cluster's name decides. */
  readonly hostname: string
  /** Name of the cluster. */
  readonly cluster: string
}

/** Checks one endpoint again and again, one check at a time. */
export interface HealthProbe {
  /**
   * Begins a check. Nothing of it keeps an otherwise idle process alive.
   *
   * @param done - Told the result, once and never synchronously, unless the probe is stopped before.
   */
  check(done: (result: CheckResult) => void): void
  /** Ends the running check without a result, and closes its connection; another may begin. */
  stop(): void
}

/** Carries out active health checks. The core says when, and what becomes of the results. */
export interface HealthProber {
  /**
   * Makes a probe; it touches the network with its first check.
   *
   * @param target - Whom to check.
   * @param config - How.
   */
  probe(target: ProbeTarget, config: HealthCheckConfig): HealthProbe
}
