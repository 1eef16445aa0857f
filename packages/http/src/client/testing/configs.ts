import {
  type ClusterConfig,
  type EndpointConfig,
  type HttpFilter,
  NOTHING_REFUSED,
  type ResolvedCluster,
  type RetryConditions,
  type RetryPolicy,
  type Route,
  type RouteAction,
  type TargetConfig,
} from '@inmesh/core'

/** Builders for tests: each gives a valid piece of configuration with only the interesting parts spelled out. */

export function endpoint(port: number, parts: Partial<EndpointConfig> = {}): EndpointConfig {
  const host = parts.host ?? '127.0.0.1'
  return { key: `${host}:${port}`, host, port, hostname: '', weight: 1, health: 'healthy', metadata: {}, ...parts }
}

export function cluster(
  name: string,
  endpoints: readonly EndpointConfig[],
  parts: Partial<ClusterConfig> = {},
): ResolvedCluster {
  return {
    kind: 'resolved',
    config: {
      name,
      loadBalancing: { kind: 'round-robin' },
      thresholds: { maxRequests: 1024, maxRetries: 3 },
      connectTimeoutMs: 5000,
      refused: NOTHING_REFUSED,
      ...parts,
    },
    endpoints: {
      localities: [{ locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints }],
      drops: [],
    },
  }
}

export function retryPolicy(conditions: Partial<RetryConditions>, parts: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    conditions: {
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
      ...conditions,
    },
    retries: 2,
    retriableStatusCodes: [],
    perTryTimeoutMs: 0,
    backOff: { baseMs: 0, maxMs: 0 },
    avoidPreviousHosts: true,
    hostSelectionAttempts: 10,
    ...parts,
  }
}

/** Parts of a route that tests vary. */
export interface RouteParts {
  readonly prefix?: string
  /** Conditions beside the prefix. */
  readonly match?: Partial<Route['match']>
  readonly clusters: Readonly<Record<string, number>>
  readonly timeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly retries?: RetryPolicy
  /** Takes the place of the action that forwards to the clusters. */
  readonly action?: RouteAction
}

export function route(parts: RouteParts): Route {
  return {
    name: '',
    match: {
      path: { kind: 'prefix', value: parts.prefix ?? '/', caseSensitive: true },
      headers: [],
      grpcOnly: false,
      ...parts.match,
    },
    action: parts.action ?? {
      kind: 'forward',
      clusters: Object.entries(parts.clusters).map(([name, weight]) => ({ name, weight, filterOverrides: new Map() })),
      timeoutMs: parts.timeoutMs ?? 0,
      ...(parts.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: parts.idleTimeoutMs }),
      ...(parts.retries === undefined ? {} : { retryPolicy: parts.retries }),
    },
    filterOverrides: new Map(),
    refused: NOTHING_REFUSED,
    skipped: NOTHING_REFUSED,
  }
}

export function target(
  name: string,
  routes: readonly Route[],
  clusters: readonly ResolvedCluster[],
  filters: readonly HttpFilter[] = [],
): TargetConfig {
  const named = new Map<string, ResolvedCluster>()
  for (const resolved of clusters) if (resolved.kind === 'resolved') named.set(resolved.config.name, resolved)
  return {
    name,
    listener: { name, filters, maxStreamDurationMs: 0 },
    routes: {
      name,
      virtualHosts: [{ name, domains: ['*'], routes, filterOverrides: new Map() }],
      ignorePortInHostMatching: true,
    },
    clusters: named,
  }
}
