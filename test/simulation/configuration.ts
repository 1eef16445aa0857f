import {
  type CircuitBreakerThresholds,
  DEFAULT_HOST_POLICY,
  type EndpointConfig,
  type EndpointHealth,
  type FilterConfig,
  type HealthCheckConfig,
  type HostPolicy,
  type HttpFilter,
  type LoadBalancingPolicy,
  type LocalityEndpoints,
  MeshError,
  type OutlierDetectionConfig,
  type Random,
  type ResolvedCluster,
  type RetryPolicy,
  type Route,
  type RouteAction,
  type TargetConfig,
} from '@inmesh/core'

/** Policies that a cluster may have. */
export const POLICIES: readonly LoadBalancingPolicy[] = [
  { kind: 'round-robin' },
  { kind: 'random' },
  { kind: 'least-request', choiceCount: 2 },
  { kind: 'ring-hash', useHostname: false, minimumRingSize: 16, maximumRingSize: 64, hashFunction: 'xx-hash' },
  { kind: 'maglev', useHostname: false, tableSize: 31 },
  { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30, failureRttMs: 1000 },
  { kind: 'pick-first', shuffle: true },
  { kind: 'random-subsetting', size: 2, child: { kind: 'round-robin' } },
]
const HEALTHS: readonly EndpointHealth[] = ['healthy', 'healthy', 'healthy', 'draining', 'unhealthy', 'degraded']

/** Retries as a share of what is in flight, so that a storm cannot feed itself. */
export const BUDGET = { percent: 20, minConcurrency: 3 }

/** Envoy's `5xx` with its default back-off and two retries. */
const RETRY_ON_SERVER_ERROR: RetryPolicy = {
  conditions: {
    serverError: true,
    gatewayError: false,
    reset: false,
    resetBeforeRequest: false,
    connectFailure: false,
    refusedStream: false,
    retriable4xx: false,
    retriableStatusCodes: false,
    retriableHeaders: false,
    envoyRateLimited: false,
    grpcStatuses: [],
  },
  retries: 2,
  retriableStatusCodes: [],
  perTryTimeoutMs: 0,
  backOff: { baseMs: 25, maxMs: 250 },
  avoidPreviousHosts: true,
  hostSelectionAttempts: 5,
}

function healthyEndpoint(port: number): EndpointConfig {
  return { key: `10.0.0.1:${port}`, host: '10.0.0.1', port, hostname: '', weight: 1, health: 'healthy', metadata: {} }
}

function locality(
  priority: number,
  weight: number,
  endpoints: readonly EndpointConfig[],
  zone = '',
): LocalityEndpoints {
  return { locality: { region: '', zone, subZone: '' }, priority, weight, endpoints }
}

function route(prefix: string, action: RouteAction): Route {
  return {
    name: prefix,
    match: { path: { kind: 'prefix', value: prefix, caseSensitive: true }, headers: [], grpcOnly: false },
    action,
    filterOverrides: new Map(),
    refused: {},
    skipped: {},
  }
}

function target(
  name: string,
  filters: readonly HttpFilter[],
  routes: readonly Route[],
  clusters: ReadonlyMap<string, ResolvedCluster>,
): TargetConfig {
  return {
    name,
    listener: { name, filters, maxStreamDurationMs: 0 },
    routes: {
      name,
      virtualHosts: [{ name, domains: ['*'], routes, filterOverrides: new Map() }],
      ignorePortInHostMatching: false,
    },
    clusters,
  }
}

/** Outlier detection that is quick to act, for short runs. */
export function outlierDetection(parts: Partial<OutlierDetectionConfig> = {}): OutlierDetectionConfig {
  const rule = { minimumHosts: 3, requestVolume: 4, enforcingPercent: 100, enforcingLocalOriginPercent: 100 }
  return {
    intervalMs: 100,
    baseEjectionMs: 300,
    maxEjectionMs: 1000,
    maxEjectionJitterMs: 50,
    maxEjectionPercent: 30,
    alwaysEjectOneHost: false,
    splitLocalOriginErrors: false,
    unejectOnHealthCheck: true,
    consecutive5xx: { count: 5, enforcingPercent: 100 },
    consecutiveGatewayFailures: { count: 5, enforcingPercent: 0 },
    consecutiveLocalOriginFailures: { count: 5, enforcingPercent: 100 },
    successRate: { ...rule, stdevFactor: 1.9 },
    failurePercentage: { ...rule, threshold: 85 },
    ...parts,
  }
}

/** Health checks every few milliseconds, for short runs. */
export function healthCheck(): HealthCheckConfig {
  return {
    check: { kind: 'tcp', receive: [] },
    timeoutMs: 20,
    intervalMs: 10,
    unhealthyIntervalMs: 10,
    unhealthyEdgeIntervalMs: 5,
    healthyEdgeIntervalMs: 5,
    noTrafficIntervalMs: 50,
    noTrafficHealthyIntervalMs: 50,
    initialJitterMs: 0,
    intervalJitterMs: 2,
    intervalJitterPercent: 10,
    unhealthyThreshold: 2,
    healthyThreshold: 2,
    reuseConnection: true,
    excludesNew: false,
    keepsRemoved: true,
  }
}

/** What {@link plainTarget} leaves open. */
export interface PlainParts {
  /** Default round robin. */
  readonly loadBalancing?: LoadBalancingPolicy
  /** Default no limit on requests, retries by {@link BUDGET}. */
  readonly thresholds?: CircuitBreakerThresholds
  /** Default none. */
  readonly outlierDetection?: OutlierDetectionConfig
  /** Default none. */
  readonly healthCheck?: HealthCheckConfig
  /** Retries on any 5xx and on failures; default 2. */
  readonly retries?: number
  /** Which endpoints requests go to; default Envoy's. */
  readonly hosts?: HostPolicy
}

/** Some endpoints of one locality. */
export interface PlacedEndpoints {
  /** Its zone. */
  readonly zone: string
  /** Its priority. */
  readonly priority: number
  /** Its weight. */
  readonly weight: number
  /** How many endpoints it has. */
  readonly count: number
  /** How many of them are in service. */
  readonly healthy: number
}

/** Localities of endpoints whose ports go up from 0. */
export function placed(places: readonly PlacedEndpoints[]): readonly LocalityEndpoints[] {
  let port = 0
  return places.map(({ zone, priority, weight, count, healthy }) => {
    const members = Array.from({ length: count }, (_, index): EndpointConfig => {
      return { ...healthyEndpoint(port++), health: index < healthy ? 'healthy' : 'unhealthy' }
    })
    return locality(priority, weight, members, zone)
  })
}

/** A target with one route to one cluster of equal, healthy endpoints, or of some localities, and no time limit. */
export function plainTarget(endpoints: number | readonly LocalityEndpoints[], parts: PlainParts = {}): TargetConfig {
  const localities =
    typeof endpoints === 'number'
      ? [
          locality(
            0,
            1,
            Array.from({ length: endpoints }, (_, port) => healthyEndpoint(port)),
          ),
        ]
      : endpoints
  const cluster: ResolvedCluster = {
    kind: 'resolved',
    config: {
      name: 'plain',
      loadBalancing: parts.loadBalancing ?? { kind: 'round-robin' },
      thresholds: parts.thresholds ?? { maxRequests: 100_000, maxRetries: 0, retryBudget: BUDGET },
      ...(parts.outlierDetection && { outlierDetection: parts.outlierDetection }),
      ...(parts.healthCheck && { healthCheck: parts.healthCheck }),
      connectTimeoutMs: 1000,
      refused: {},
      ...(parts.hosts && { hosts: parts.hosts }),
    },
    endpoints: { localities, drops: [] },
  }
  const toPlain = route('/', {
    kind: 'forward',
    clusters: [{ name: 'plain', weight: 1, filterOverrides: new Map() }],
    timeoutMs: 0,
    retryPolicy: { ...RETRY_ON_SERVER_ERROR, retries: parts.retries ?? 2 },
  })
  return target('plain:80', [], [toPlain], new Map([['plain', cluster]]))
}

/** Draws valid configurations, each different from the last. */
export class ConfigurationMaker {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** A whole target: 1 to 3 clusters of 0 to 6 endpoints, 1 to 4 routes. */
  target(name: string): TargetConfig {
    const clusters = new Map<string, ResolvedCluster>()
    const names = Array.from({ length: 1 + this.#random.below(3) }, (_, index) => `cluster-${index}`)
    for (const cluster of names) clusters.set(cluster, this.#cluster(cluster))
    const routes = Array.from({ length: 1 + this.#random.below(3) }, (_, index) => this.#route(`/${index}`, names))
    return target(name, this.#filters(), [...routes, this.#route('/', names)], clusters)
  }

  #cluster(name: string): ResolvedCluster {
    const random = this.#random
    if (random.below(20) === 0) {
      return { kind: 'failed', error: new MeshError('ERR_INMESH_RESOURCE_INVALID', 'made up by the simulation') }
    }
    const seen = new Set<number>()
    const localities = Array.from({ length: 1 + random.below(3) }, (_, priority) =>
      Array.from({ length: 1 + random.below(2) }, (_, zone) => {
        const ports = Array.from({ length: random.below(5) }, () => random.below(12)).filter((port) => !seen.has(port))
        const fresh = new Set(ports)
        for (const port of fresh) seen.add(port)
        const members = [...fresh].map((port) => this.#endpoint(port))
        return locality(priority, 1 + random.below(3), members, `zone-${zone}`)
      }),
    ).flat()
    return {
      kind: 'resolved',
      config: {
        name,
        loadBalancing: POLICIES[random.below(POLICIES.length)]!,
        hosts: {
          ...DEFAULT_HOST_POLICY,
          localities: random.below(2) === 0 ? 'together' : 'weighted',
          ...(random.below(4) === 0 && { slowStart: { windowMs: 2000, aggression: 1, minWeightPercent: 10 } }),
        },
        thresholds: {
          maxRequests: random.below(4) === 0 ? 5 : 1024,
          ...(random.below(4) === 0 && { maxPendingRequests: 3 }),
          maxRetries: 3,
          retryBudget: BUDGET,
        },
        ...(random.below(2) === 0 && { outlierDetection: outlierDetection({ maxEjectionPercent: 50 }) }),
        ...(random.below(6) === 0 && { healthCheck: healthCheck() }),
        connectTimeoutMs: 1000,
        refused: random.below(20) === 0 ? { grpc: 'refused by the simulation' } : {},
      },
      endpoints: {
        localities,
        drops: random.below(10) === 0 ? [{ category: 'simulated', perMillion: 100_000 }] : [],
      },
    }
  }

  #endpoint(port: number): EndpointConfig {
    const health = HEALTHS[this.#random.below(HEALTHS.length)]!
    const weight = this.#random.below(3) === 0 ? 1 + this.#random.below(9) : 1
    return { ...healthyEndpoint(port), weight, health }
  }

  #route(prefix: string, clusters: readonly string[]): Route {
    const random = this.#random
    const chosen = clusters.filter(() => random.below(2) === 0)
    return route(prefix, {
      kind: 'forward',
      clusters: (chosen.length === 0 ? [clusters[0]!] : chosen).map((name) => ({
        name,
        weight: 1 + random.below(9),
        filterOverrides: new Map(),
      })),
      timeoutMs: random.below(3) === 0 ? 25 : 500,
      maxStreamDurationMs: 500,
      ...(random.below(3) === 0 ? {} : { retryPolicy: this.#retryPolicy() }),
    })
  }

  #retryPolicy(): RetryPolicy {
    return {
      ...RETRY_ON_SERVER_ERROR,
      retries: 1 + this.#random.below(4),
      backOff: { baseMs: 5, maxMs: 50 },
      avoidPreviousHosts: this.#random.below(2) === 0,
      hostSelectionAttempts: 3,
    }
  }

  #filters(): HttpFilter[] {
    if (this.#random.below(3) !== 0) return []
    const config: FilterConfig = {
      kind: 'fault',
      delay: { durationMs: 30, fraction: { perMillion: 200_000 } },
      abort: { httpStatus: 418, fraction: { perMillion: 100_000 } },
    }
    return [{ name: 'fault', config, disabled: false }]
  }
}
