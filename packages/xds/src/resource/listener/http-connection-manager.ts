import type { ListenerConfig } from '@inmesh/core'
import type { HttpConnectionManager, HttpProtocolOptions } from '@inmesh/xds-proto'
import { isOwnSource } from '../config-source.js'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedFor, refusedForHttp } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateHttpFilters } from '../filter/http-filters.js'
import { translateRouteConfiguration } from '../route/route-configuration-type.js'
import type { ListenerResource, ListenerRoutes } from './listener-resource.js'
import { translateLocalReplies } from './local-replies.js'

const CLIENT_ADDRESS = refusedFor(['grpc'], 'gRPC does not take a client address from headers (gRFC A41)')
const PATH_NORMALIZATION = leftOut('paths are matched and sent as the application wrote them')
const ACCESS_LOG = leftOut('access logs are not written by listener configuration yet')
const HEADER = leftOut('the header is not sent yet')

/** A proxy's connection to the application does not exist here, so whatever speaks of it is moot. */
const FIELDS = new FieldTreatments<HttpConnectionManager>({
  routeSpecifier: CARRIED,
  httpFilters: CARRIED,
  commonHttpProtocolOptions: CARRIED,
  xffNumTrustedHops: CLIENT_ADDRESS,
  originalIpDetectionExtensions: CLIENT_ADDRESS,
  earlyHeaderMutationExtensions: refusedForHttp('headers are not changed yet'),
  tracing: leftOut('tracing is not configured by listeners yet'),
  accessLog: ACCESS_LOG,
  accessLogFlushInterval: ACCESS_LOG,
  flushAccessLogOnNewRequest: ACCESS_LOG,
  accessLogOptions: ACCESS_LOG,
  streamIdleTimeout: CARRIED,
  requestTimeout: CARRIED,
  // How long a proxy holds on to what a slow caller did not read yet, after the upstream is done. Here nothing is held on to for a caller.
  streamFlushTimeout: MOOT,
  maxRequestHeadersKb: leftOut('the size of headers is not limited by listeners'),
  upgradeConfigs: leftOut('requests that ask for an upgrade are not carried; others are'),
  normalizePath: PATH_NORMALIZATION,
  mergeSlashes: PATH_NORMALIZATION,
  pathWithEscapedSlashesAction: PATH_NORMALIZATION,
  pathNormalizationOptions: PATH_NORMALIZATION,
  stripMatchingHostPort: CARRIED,
  stripPortMode: CARRIED,
  stripTrailingHostDot: CARRIED,
  typedHeaderValidationConfig: leftOut('headers are checked by the carrier only'),
  localReplyConfig: CARRIED,
  requestIdExtension: leftOut('x-request-id is not managed by listeners yet'),
  schemeHeaderTransformation: HEADER,
  addUserAgent: HEADER,
  via: HEADER,
  generateRequestId: HEADER,
  alwaysSetRequestIdInResponse: HEADER,
  appendXForwardedPort: HEADER,
  proxyStatusConfig: HEADER,
  appendLocalOverload: HEADER,
  codecType: MOOT,
  statPrefix: MOOT,
  httpProtocolOptions: MOOT,
  http2ProtocolOptions: MOOT,
  http3ProtocolOptions: MOOT,
  http1SafeMaxConnectionDuration: MOOT,
  serverName: MOOT,
  serverHeaderTransformation: MOOT,
  requestHeadersTimeout: MOOT,
  drainTimeout: MOOT,
  delayedCloseTimeout: MOOT,
  useRemoteAddress: MOOT,
  internalAddressConfig: MOOT,
  skipXffAppend: MOOT,
  preserveExternalRequestId: MOOT,
  forwardClientCertDetails: MOOT,
  forwardClientCertMatcher: MOOT,
  forwardProtoConfig: MOOT,
  setCurrentClientCertDetails: MOOT,
  proxy100Continue: MOOT,
  representIpv4RemoteAddressAsIpv4MappedIpv6: MOOT,
  streamErrorOnInvalidHttpMessage: MOOT,
  addProxyProtocolConnectionState: MOOT,
})

const COMMON_FIELDS = new FieldTreatments<HttpProtocolOptions>({
  maxStreamDuration: CARRIED,
  idleTimeout: MOOT,
  maxConnectionDuration: MOOT,
  maxRequestsPerConnection: MOOT,
  headersWithUnderscoresAction: leftOut('headers with underscores are sent as they are'),
  maxHeadersCount: leftOut('the number of headers is not limited by listeners'),
  maxResponseHeadersKb: leftOut('the size of headers is not limited by listeners'),
})

/**
 * Translates the HTTP connection manager of a client's listener.
 *
 * @param scope - Where the manager stands.
 * @param name - Name of the listener.
 * @param manager - The manager.
 */
export function translateHttpConnectionManager(
  scope: FieldScope,
  name: string,
  manager: HttpConnectionManager,
): ListenerResource {
  const refusals = ViewReasons.refusals()
  FIELDS.apply(scope, manager, refusals)
  const chain = translateHttpFilters(scope, manager.httpFilters, refusals)
  const routes = translateRoutes(scope, manager)
  const { localReplyConfig } = manager
  const listener: ListenerConfig = {
    name,
    ...chain,
    maxStreamDurationMs: maxStreamDuration(scope, manager),
    ...translateTimeouts(scope, manager),
    ...translateHostNormalization(scope, manager),
    ...(localReplyConfig && {
      localReplies: translateLocalReplies(scope.at('local_reply_config'), localReplyConfig),
    }),
  }
  return { listener, routes, refused: refusals.toRefusals() }
}

function maxStreamDuration(scope: FieldScope, manager: HttpConnectionManager): number {
  const options = manager.commonHttpProtocolOptions
  if (options === undefined) return 0
  const place = scope.at('common_http_protocol_options')
  COMMON_FIELDS.apply(place, options, ViewReasons.refusals())
  if (options.maxStreamDuration === undefined) return 0
  return translateDuration(place.at('max_stream_duration'), options.maxStreamDuration) ?? 0
}

function translateTimeouts(
  scope: FieldScope,
  { streamIdleTimeout, requestTimeout }: HttpConnectionManager,
): Pick<ListenerConfig, 'idleTimeoutMs' | 'requestTimeoutMs'> {
  const idleTimeoutMs = streamIdleTimeout && translateDuration(scope.at('stream_idle_timeout'), streamIdleTimeout)
  const requestTimeoutMs = requestTimeout && translateDuration(scope.at('request_timeout'), requestTimeout)
  return {
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
    ...(requestTimeoutMs && { requestTimeoutMs }),
  }
}

type HostNormalization = Pick<ListenerConfig, 'strippedHostPort' | 'stripsTrailingHostDot'>

function translateHostNormalization(scope: FieldScope, manager: HttpConnectionManager): HostNormalization {
  const own = manager.stripMatchingHostPort
  const any = manager.stripPortMode?.value === true
  // Envoy: only one of the two may be set.
  if (own && any) scope.at('strip_matching_host_port').malformed('excludes strip_any_host_port')
  return {
    ...((own || any) && { strippedHostPort: any ? 'any' : 'own' }),
    ...(manager.stripTrailingHostDot && { stripsTrailingHostDot: true }),
  }
}

function translateRoutes(scope: FieldScope, manager: HttpConnectionManager): ListenerRoutes {
  const specifier = manager.routeSpecifier
  switch (specifier?.$case) {
    case 'routeConfig':
      return { kind: 'inline', routes: translateRouteConfiguration(scope.at('route_config'), specifier.value) }
    case 'rds': {
      const { configSource, routeConfigName } = specifier.value
      if (routeConfigName === '') scope.at('rds').at('route_config_name').malformed('the name is missing')
      if (configSource === undefined) scope.at('rds').at('config_source').malformed('the source is missing')
      else if (!isOwnSource(configSource)) {
        return noRoutes(scope.at('rds').at('config_source'), 'routes are taken from ads or self only')
      }
      return { kind: 'rds', name: routeConfigName }
    }
    case 'scopedRoutes':
      return noRoutes(scope.at('scoped_routes'), 'scoped routes are not supported')
    case undefined:
      scope.malformed('rds or route_config is required')
      return { kind: 'none', reason: 'rds or route_config is required' }
  }
}

function noRoutes(scope: FieldScope, reason: string): ListenerRoutes {
  scope.unsupported(`${reason}; calls to the listener fail`)
  return { kind: 'none', reason }
}
