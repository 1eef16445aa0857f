import type { BalancerEnvironment } from '../balancing/balancer-environment.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { RequestView } from '../call/request-view.js'
import type { Carrier } from '../cluster/carrier.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig, ResolvedCluster, UsableCluster } from '../model/cluster.js'
import type { EndpointConfig, EndpointHealth } from '../model/endpoint.js'
import type { HealthCheckConfig } from '../model/health-check.js'
import type { OutlierDetectionConfig } from '../model/outlier-detection.js'
import type { RetryConditions, RetryPolicy } from '../model/retry-policy.js'
import type { ForwardAction, Route, RouteConfiguration, VirtualHost } from '../model/route.js'
import type { SubsetConfig } from '../model/subset-config.js'
import type { ListenerConfig, TargetConfig } from '../model/target-config.js'
import { NOTHING_REFUSED, type View } from '../model/view.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'

/** Builders for tests: each gives a valid piece of configuration with only the interesting parts spelled out. */

export function request(
  parts: Partial<Omit<RequestView, 'header'>> & { headers?: Record<string, string> } = {},
): RequestView {
  const headers = parts.headers ?? {}
  return {
    view: parts.view ?? 'http',
    method: parts.method ?? 'GET',
    path: parts.path ?? '/',
    authority: parts.authority ?? 'reviews',
    ...(parts.clientAddress !== undefined && { clientAddress: parts.clientAddress }),
    ...(parts.channel !== undefined && { channel: parts.channel }),
    header: (name) => headers[name],
  }
}

export function pickContext(parts: Partial<PickContext> = {}): PickContext {
  const { tried = [] } = parts
  return {
    target: 'reviews:80',
    request: parts.request ?? request(),
    tried,
    hostSelectionAttempts: 1,
    avoidedPriorities: [],
    rejects: (endpoint) => tried.includes(endpoint),
    hash: () => undefined,
    attempts: 0,
    overrideHost: undefined,
    subset: undefined,
    ...parts,
  }
}

export function balancerEnvironment(parts: Partial<BalancerEnvironment> = {}): BalancerEnvironment {
  return {
    view: 'http',
    clock: new SimulatedClock(),
    random: new SeededRandom(1),
    policies: new Map(),
    cluster: { activeRequests: 0, observe: () => () => {} },
    ...parts,
  }
}

export function endpoint(
  port: number,
  parts: { weight?: number; health?: EndpointHealth; metadata?: EndpointConfig['metadata'] } = {},
): EndpointConfig {
  return {
    key: `10.0.0.1:${port}`,
    host: '10.0.0.1',
    port,
    hostname: '',
    weight: parts.weight ?? 1,
    health: parts.health ?? 'healthy',
    metadata: parts.metadata ?? {},
  }
}

export function cluster(
  name: string,
  endpoints: readonly EndpointConfig[],
  parts: Partial<ClusterConfig> & { priorities?: readonly (readonly EndpointConfig[])[]; drop?: number } = {},
): UsableCluster {
  const { priorities, drop, ...config } = parts
  return {
    kind: 'resolved',
    config: {
      name,
      loadBalancing: { kind: 'round-robin' },
      thresholds: { maxRequests: 1024, maxRetries: 3 },
      connectTimeoutMs: 5000,
      refused: NOTHING_REFUSED,
      ...config,
    },
    endpoints: {
      localities: (priorities ?? [endpoints]).map((members, priority) => ({
        locality: { region: '', zone: '', subZone: '' },
        priority,
        weight: 1,
        endpoints: members,
      })),
      drops: drop === undefined ? [] : [{ category: 'test', perMillion: drop }],
    },
  }
}

/** Subsets by no key, without a fallback. */
export const SUBSETS: SubsetConfig = {
  selectors: [],
  fallback: 'none',
  defaultSubset: {},
  allowRedundantKeys: false,
  localityWeightAware: false,
  scaleLocalityWeight: false,
  panicModeAny: false,
  listAsAny: false,
  fallbackList: false,
}

/** Envoy's defaults. */
export const OUTLIER_DETECTION: OutlierDetectionConfig = {
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectionJitterMs: 0,
  maxEjectionPercent: 10,
  alwaysEjectOneHost: false,
  splitLocalOriginErrors: false,
  unejectOnHealthCheck: true,
  consecutive5xx: { count: 5, enforcingPercent: 100 },
  consecutiveGatewayFailures: { count: 5, enforcingPercent: 0 },
  consecutiveLocalOriginFailures: { count: 5, enforcingPercent: 100 },
  successRate: {
    minimumHosts: 5,
    requestVolume: 100,
    stdevFactor: 1.9,
    enforcingPercent: 100,
    enforcingLocalOriginPercent: 100,
  },
  failurePercentage: {
    threshold: 85,
    minimumHosts: 5,
    requestVolume: 50,
    enforcingPercent: 0,
    enforcingLocalOriginPercent: 0,
  },
}

export const HEALTH_CHECK: HealthCheckConfig = {
  check: { kind: 'tcp', receive: [] },
  timeoutMs: 500,
  intervalMs: 1000,
  unhealthyIntervalMs: 1000,
  unhealthyEdgeIntervalMs: 1000,
  healthyEdgeIntervalMs: 1000,
  noTrafficIntervalMs: 1000,
  noTrafficHealthyIntervalMs: 1000,
  initialJitterMs: 0,
  intervalJitterMs: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  reuseConnection: true,
  excludesNew: false,
  keepsRemoved: false,
}

const NO_CONDITIONS: RetryConditions = {
  serverError: false,
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
}

export function retryPolicy(conditions: Partial<RetryConditions>, parts: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    conditions: { ...NO_CONDITIONS, ...conditions },
    retries: 2,
    retriableStatusCodes: [],
    perTryTimeoutMs: 0,
    backOff: { baseMs: 25, maxMs: 250 },
    avoidPreviousHosts: true,
    hostSelectionAttempts: 5,
    ...parts,
  }
}

export function forward(clusters: string | Record<string, number>, parts: Partial<ForwardAction> = {}): ForwardAction {
  const weights = typeof clusters === 'string' ? { [clusters]: 1 } : clusters
  return {
    kind: 'forward',
    clusters: Object.entries(weights).map(([name, weight]) => ({ name, weight, filterOverrides: new Map() })),
    ...parts,
  }
}

export function route(match: Partial<Route['match']>, action: Route['action'], parts: Partial<Route> = {}): Route {
  return {
    name: '',
    match: { path: { kind: 'prefix', value: '/', caseSensitive: true }, headers: [], grpcOnly: false, ...match },
    action,
    filterOverrides: new Map(),
    refused: NOTHING_REFUSED,
    skipped: NOTHING_REFUSED,
    ...parts,
  }
}

export function virtualHost(routes: readonly Route[], parts: Partial<VirtualHost> = {}): VirtualHost {
  return { name: 'default', domains: ['*'], routes, filterOverrides: new Map(), ...parts }
}

export function routes(virtualHosts: readonly VirtualHost[]): RouteConfiguration {
  return { name: 'routes', virtualHosts, ignorePortInHostMatching: false }
}

export const LISTENER: ListenerConfig = { name: 'listener', filters: [], maxStreamDurationMs: 0 }

export function targetConfig(
  list: readonly Route[],
  clusters: readonly [string, ResolvedCluster][],
  parts: Partial<TargetConfig> = {},
): TargetConfig {
  return {
    name: 'reviews:80',
    listener: LISTENER,
    routes: routes([virtualHost(list)]),
    clusters: new Map(clusters),
    ...parts,
  }
}

/** A carrier that only remembers what it was asked for. */
export class FakeCarrier implements Carrier {
  readonly view: View
  readonly connects: 'on-demand' | 'ahead'
  readonly asked: Endpoint[] = []
  readonly released: Endpoint[] = []
  readonly gone: Endpoint[] = []

  constructor(view: View = 'http', connects: 'on-demand' | 'ahead' = 'on-demand') {
    this.view = view
    this.connects = connects
  }

  connect(endpoint: Endpoint): void {
    this.asked.push(endpoint)
  }

  release(endpoint: Endpoint): void {
    this.released.push(endpoint)
  }

  removed(endpoint: Endpoint): void {
    this.gone.push(endpoint)
  }
}
