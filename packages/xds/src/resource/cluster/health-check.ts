import type { CheckConfig, HealthCheckConfig } from '@inmesh/core'
import type {
  Cluster,
  Duration,
  HealthCheck,
  HealthCheck_GrpcHealthCheck,
  HealthCheck_TcpHealthCheck,
} from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import { protoFieldName } from '../field/field-name.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import type { ClusterDiscovery } from './cluster-resource.js'
import { translateCheckHeaders } from './health-check-headers.js'
import { translatePayload, translatePayloads } from './health-check-payload.js'
import { translateHttpCheck } from './http-health-check.js'

const DEFAULT_NO_TRAFFIC_INTERVAL_MS = 60_000

const HIGHEST_PORT = 65_535

const EVENTS = leftOut('events of health checks are not logged')

const TLS = leftOut('health checks are made without TLS')

const FIELDS = new FieldTreatments<HealthCheck>({
  timeout: CARRIED,
  interval: CARRIED,
  initialJitter: CARRIED,
  intervalJitter: CARRIED,
  intervalJitterPercent: CARRIED,
  unhealthyThreshold: CARRIED,
  healthyThreshold: CARRIED,
  altPort: CARRIED,
  reuseConnection: CARRIED,
  healthChecker: CARRIED,
  noTrafficInterval: CARRIED,
  noTrafficHealthyInterval: CARRIED,
  unhealthyInterval: CARRIED,
  unhealthyEdgeInterval: CARRIED,
  healthyEdgeInterval: CARRIED,
  eventLogPath: EVENTS,
  eventLogger: EVENTS,
  eventService: EVENTS,
  alwaysLogHealthCheckFailures: MOOT,
  alwaysLogHealthCheckSuccess: MOOT,
  tlsOptions: TLS,
  transportSocketMatchCriteria: TLS,
})

const TCP_FIELDS = new FieldTreatments<HealthCheck_TcpHealthCheck>({
  send: CARRIED,
  receive: CARRIED,
  proxyProtocolConfig: leftOut('the PROXY protocol is not spoken'),
})

const GRPC_FIELDS = new FieldTreatments<HealthCheck_GrpcHealthCheck>({
  serviceName: CARRIED,
  authority: CARRIED,
  initialMetadata: CARRIED,
})

/**
 * Translates active health checks. They are Envoy's: gRPC does not read them, so that a bad one is an error of the HTTP view only.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param discovery - Where its endpoints come from: a list that changes with the cluster itself leaves nobody behind (Envoy).
 * @param refusals - Refusals of the cluster.
 * @returns undefined when there is none that can be made.
 */
export function translateHealthCheck(
  scope: FieldScope,
  cluster: Cluster,
  discovery: ClusterDiscovery,
  refusals: ViewReasons,
): HealthCheckConfig | undefined {
  const { healthChecks: checks, commonLbConfig, ignoreHealthOnHostRemoval } = cluster
  const [first] = checks
  if (first === undefined) return undefined
  if (checks.length > 1) refusals.add(scope.at('health_checks', 1), 'there can be one health check only', ['http'])
  const place = scope.at('health_checks', 0)
  FIELDS.apply(place, first, refusals)
  const times = new Times(place, first, refusals)
  const timeoutMs = times.required('timeout')
  const intervalMs = times.required('interval')
  const unhealthyIntervalMs = times.positive('unhealthyInterval') ?? intervalMs
  const noTrafficIntervalMs = times.positive('noTrafficInterval') ?? DEFAULT_NO_TRAFFIC_INTERVAL_MS
  const altPort = first.altPort ?? 0
  if (altPort > HIGHEST_PORT) refusals.add(place.at('alt_port'), `must be 1 to ${HIGHEST_PORT}`, ['http'])
  const check = translateCheck(place, first, refusals)
  const config = {
    timeoutMs,
    intervalMs,
    unhealthyIntervalMs,
    unhealthyEdgeIntervalMs: times.positive('unhealthyEdgeInterval') ?? unhealthyIntervalMs,
    healthyEdgeIntervalMs: times.positive('healthyEdgeInterval') ?? intervalMs,
    noTrafficIntervalMs,
    noTrafficHealthyIntervalMs: times.positive('noTrafficHealthyInterval') ?? noTrafficIntervalMs,
    initialJitterMs: times.read('initialJitter') ?? 0,
    intervalJitterMs: times.read('intervalJitter') ?? 0,
    intervalJitterPercent: first.intervalJitterPercent,
    unhealthyThreshold: threshold(place, first, 'unhealthyThreshold', refusals),
    healthyThreshold: threshold(place, first, 'healthyThreshold', refusals),
    reuseConnection: first.reuseConnection ?? true,
    excludesNew: commonLbConfig?.ignoreNewHostsUntilFirstHc ?? false,
    keepsRemoved: isDiscovered(discovery) && !ignoreHealthOnHostRemoval,
    ...(altPort > 0 && { port: altPort }),
  }
  return check && { check, ...config }
}

function isDiscovered(discovery: ClusterDiscovery): boolean {
  return discovery.kind === 'eds' || (discovery.kind === 'dns' && !discovery.logical)
}

type DurationField = {
  [Field in keyof HealthCheck]: HealthCheck[Field] extends Duration | undefined ? Field : never
}[keyof HealthCheck]

/** Reads the durations of a check. */
class Times {
  readonly #scope: FieldScope
  readonly #check: HealthCheck
  readonly #refusals: ViewReasons

  constructor(scope: FieldScope, check: HealthCheck, refusals: ViewReasons) {
    this.#scope = scope
    this.#check = check
    this.#refusals = refusals
  }

  read(field: DurationField): number | undefined {
    const duration = this.#check[field]
    return duration && translateDuration(this.#scope.at(protoFieldName(field)), duration)
  }

  positive(field: DurationField): number | undefined {
    const milliseconds = this.read(field)
    if (milliseconds === 0) this.#refusals.add(this.#scope.at(protoFieldName(field)), 'must be more than 0', ['http'])
    return milliseconds || undefined
  }

  required(field: DurationField): number {
    const place = this.#scope.at(protoFieldName(field))
    if (this.#check[field] === undefined) this.#refusals.add(place, 'the duration is missing', ['http'])
    return this.positive(field) ?? DEFAULT_NO_TRAFFIC_INTERVAL_MS
  }
}

function threshold(
  scope: FieldScope,
  check: HealthCheck,
  field: 'unhealthyThreshold' | 'healthyThreshold',
  refusals: ViewReasons,
): number {
  const value = check[field]
  if (value === undefined) refusals.add(scope.at(protoFieldName(field)), 'the threshold is missing', ['http'])
  return value || 1
}

function translateCheck(
  scope: FieldScope,
  { healthChecker }: HealthCheck,
  refusals: ViewReasons,
): CheckConfig | undefined {
  switch (healthChecker?.$case) {
    case 'httpHealthCheck':
      return translateHttpCheck(scope.at('http_health_check'), healthChecker.value, refusals)
    case 'tcpHealthCheck': {
      const place = scope.at('tcp_health_check')
      const { value } = healthChecker
      TCP_FIELDS.apply(place, value, refusals)
      const send = value.send && translatePayload(place.at('send'), value.send, refusals)
      return { kind: 'tcp', ...(send && { send }), receive: translatePayloads(place, value.receive, refusals) }
    }
    case 'grpcHealthCheck': {
      const place = scope.at('grpc_health_check')
      const { value } = healthChecker
      GRPC_FIELDS.apply(place, value, refusals)
      const metadata = translateCheckHeaders(place, 'initial_metadata', value.initialMetadata)
      return { kind: 'grpc', service: value.serviceName, authority: value.authority, metadata }
    }
    case 'customHealthCheck':
      scope.at('custom_health_check').unsupported('endpoints are not checked by extensions; they count as well')
      return undefined
    case undefined:
      refusals.add(scope, 'what is asked of endpoints is missing', ['http'])
      return undefined
  }
}
