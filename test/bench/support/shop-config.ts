import {
  type ClusterConfig,
  type EndpointConfig,
  NOTHING_REFUSED,
  type ResolvedCluster,
  type RetryPolicy,
  type Route,
  type TargetConfig,
} from '@inmesh/core'

/** What Istio sends for every route by default. */
export const ISTIO_RETRY_POLICY: RetryPolicy = {
  conditions: {
    serverError: false,
    gatewayError: false,
    reset: false,
    resetBeforeRequest: false,
    connectFailure: true,
    refusedStream: true,
    retriable4xx: false,
    retriableStatusCodes: true,
    retriableHeaders: false,
    envoyRateLimited: false,
    grpcStatuses: [14, 1],
  },
  retries: 2,
  retriableStatusCodes: [503],
  perTryTimeoutMs: 0,
  backOff: { baseMs: 25, maxMs: 250 },
  avoidPreviousHosts: true,
  hostSelectionAttempts: 5,
}

/**
 * @param port - Port on 127.0.0.1.
 * @param weight - Share of the requests.
 */
export function endpoint(port: number, weight = 1): EndpointConfig {
  return {
    key: `127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    hostname: '',
    weight,
    health: 'healthy',
    metadata: {},
  }
}

/**
 * @param name - Name of the cluster.
 * @param endpoints - Its endpoints, all in one locality.
 * @param change - What differs from the default: round robin and no limit that could be met.
 */
export function cluster(
  name: string,
  endpoints: readonly EndpointConfig[],
  change: Partial<ClusterConfig> = {},
): ResolvedCluster {
  return {
    kind: 'resolved',
    config: {
      name,
      loadBalancing: { kind: 'round-robin' },
      thresholds: { maxRequests: 4_294_967_295, maxRetries: 4_294_967_295 },
      connectTimeoutMs: 10_000,
      refused: NOTHING_REFUSED,
      ...change,
    },
    endpoints: {
      localities: [{ locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints }],
      drops: [],
    },
  }
}

/**
 * @param prefix - Path prefix.
 * @param clusters - Destinations and their weights.
 * @param timeoutMs - The route's timeout; 0, which is what Istio sends by default, means none.
 */
export function route(prefix: string, clusters: Readonly<Record<string, number>>, timeoutMs = 0): Route {
  return {
    name: prefix,
    match: { path: { kind: 'prefix', value: prefix, caseSensitive: true }, headers: [], grpcOnly: false },
    action: {
      kind: 'forward',
      clusters: Object.entries(clusters).map(([name, weight]) => ({ name, weight, filterOverrides: new Map() })),
      timeoutMs,
      retryPolicy: ISTIO_RETRY_POLICY,
    },
    filterOverrides: new Map(),
    refused: NOTHING_REFUSED,
    skipped: NOTHING_REFUSED,
  }
}

/**
 * @param name - `host:port`.
 * @param routes - Routes of its only virtual host, with a fault filter that does nothing in front, as Istio sends it.
 * @param clusters - Every cluster that the routes name.
 */
export function target(name: string, routes: readonly Route[], clusters: readonly ResolvedCluster[]): TargetConfig {
  const named = new Map<string, ResolvedCluster>()
  for (const resolved of clusters) if (resolved.kind === 'resolved') named.set(resolved.config.name, resolved)
  return {
    name,
    listener: {
      name,
      filters: [{ name: 'envoy.filters.http.fault', config: { kind: 'fault' }, disabled: false }],
      maxStreamDurationMs: 0,
    },
    routes: {
      name,
      virtualHosts: [{ name, domains: ['*'], routes, filterOverrides: new Map() }],
      ignorePortInHostMatching: true,
    },
    clusters: named,
  }
}
