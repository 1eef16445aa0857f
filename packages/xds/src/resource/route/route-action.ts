import type { ForwardAction, PathMatch, RouteAction, WeightedCluster } from '@inmesh/core'
import {
  RouteAction_ClusterNotFoundResponseCode,
  RouteAction_InternalRedirectAction,
  type RouteAction as RouteActionMessage,
  RoutingPriority,
} from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from '../field/field-treatments.js'
import { translateOlderCors } from '../filter/cors.js'
import type { ClusterSpecifierPlugins } from './cluster-specifier-plugins.js'
import { translateHashPolicies } from './hash-policy.js'
import { translateHostRewrite } from './host-rewrite.js'
import { translateMetadataMatch } from './metadata-match.js'
import { translateMirrors } from './mirror-policy.js'
import { translatePathRewrite } from './path-rewrite.js'
import { translateRetryPolicy } from './retry-policy.js'
import type { RouteReasons } from './route-reasons.js'
import { translateClusterChoice, translateWeightedClusters } from './weighted-clusters.js'

const INTERNAL_REDIRECT = refusedForHttp('redirects of the upstream are not followed yet')
const RATE_LIMIT = leftOut('descriptors for rate limits are not made yet')

/** What changes the meaning of a route refuses it for HTTP; what only eases, observes or spreads load is left out. */
const FIELDS = new FieldTreatments<RouteActionMessage>({
  clusterSpecifier: CARRIED,
  timeout: CARRIED,
  maxStreamDuration: CARRIED,
  retryPolicy: CARRIED,
  prefixRewrite: CARRIED,
  regexRewrite: CARRIED,
  pathRewritePolicy: CARRIED,
  pathRewrite: CARRIED,
  hostRewriteSpecifier: CARRIED,
  internalRedirectPolicy: INTERNAL_REDIRECT,
  internalRedirectAction: (action) =>
    action === RouteAction_InternalRedirectAction.HANDLE_INTERNAL_REDIRECT ? INTERNAL_REDIRECT : MOOT,
  maxInternalRedirects: MOOT,
  metadataMatch: CARRIED,
  upgradeConfigs: leftOut('requests that ask for an upgrade are not carried; others are'),
  appendXForwardedHost: CARRIED,
  idleTimeout: CARRIED,
  // As a listener's stream_flush_timeout: nothing is held on to for a caller that reads slowly.
  flushTimeout: MOOT,
  earlyDataPolicy: leftOut('early data is not sent'),
  retryPolicyTypedConfig: leftOut('retry policies of other types are not supported; nothing is retried'),
  requestMirrorPolicies: CARRIED,
  priority: CARRIED,
  rateLimits: RATE_LIMIT,
  includeVhRateLimits: RATE_LIMIT,
  hashPolicy: CARRIED,
  cors: CARRIED,
  // gRFC A31 does not read the deprecated fields either; grpc_timeout_header_max took their place.
  maxGrpcTimeout: leftOut('the deprecated limit of gRPC requests is not read; max_stream_duration is'),
  grpcTimeoutOffset: leftOut('the deprecated limit of gRPC requests is not read; max_stream_duration is'),
  hedgePolicy: leftOut('requests are not hedged yet'),
  clusterNotFoundResponseCode: CARRIED,
})

/**
 * Translates the action that forwards to clusters.
 *
 * @param scope - Where the action stands.
 * @param action - The action.
 * @param reasons - Reasons of the route.
 * @param plugins - Cluster specifier plugins of the route configuration.
 * @param path - Path condition of the route; undefined when that is malformed or never holds.
 * @returns undefined when the action is malformed, which is reported.
 */
export function translateForwardAction(
  scope: FieldScope,
  action: RouteActionMessage,
  reasons: RouteReasons,
  plugins: ClusterSpecifierPlugins,
  path: PathMatch | undefined,
): RouteAction | undefined {
  FIELDS.apply(scope, action, reasons.refusals)
  const hashPolicies = translateHashPolicies(scope, action.hashPolicy)
  const limits = translateLimits(scope, action)
  const retryPolicy =
    action.retryPolicy && translateRetryPolicy(scope.at('retry_policy'), action.retryPolicy, reasons.refusals)
  const pathRewrite = translatePathRewrite(scope, action, path, reasons.refusals)
  const hostRewrite = translateHostRewrite(scope, action, reasons.refusals)
  const mirrors = translateMirrors(scope, action.requestMirrorPolicies, reasons.refusals)
  const clusters = translateClusters(scope, action, reasons, plugins)
  if (clusters === undefined) return undefined
  const priority = action.priority === RoutingPriority.HIGH ? { priority: 'high' as const } : undefined
  const choice = translateChoice(scope, action)
  if (clusters.length === 0) return { kind: 'unsupported', reason: UNCHOSEN }
  return {
    kind: 'forward',
    clusters,
    ...choice,
    ...limits,
    ...priority,
    ...(retryPolicy && { retryPolicy }),
    ...(hashPolicies && { hashPolicies }),
    ...translateMetadataMatch(action.metadataMatch),
    ...translateOlderCors(scope, action.cors, reasons.refusals),
    ...(pathRewrite && { pathRewrite }),
    ...(hostRewrite && { hostRewrite }),
    // gRFC A81: gRPC looks at the field only where the control plane is trusted.
    ...(hostRewrite?.kind === 'endpoint' && scope.origin.trusted && { rewritesAuthority: true }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(action.appendXForwardedHost && { appendsForwardedHost: true }),
  }
}

const NOT_FOUND_STATUS: Readonly<Partial<Record<RouteAction_ClusterNotFoundResponseCode, 404 | 500>>> = {
  [RouteAction_ClusterNotFoundResponseCode.NOT_FOUND]: 404,
  [RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR]: 500,
}

type Choice = Pick<ForwardAction, 'clusterChoice' | 'clusterNotFoundStatus'>

function translateChoice(scope: FieldScope, action: RouteActionMessage): Choice {
  const specifier = action.clusterSpecifier
  const clusterChoice =
    specifier?.$case === 'weightedClusters' && translateClusterChoice(scope.at('weighted_clusters'), specifier.value)
  const clusterNotFoundStatus = NOT_FOUND_STATUS[action.clusterNotFoundResponseCode]
  return {
    ...(clusterChoice && { clusterChoice }),
    ...(clusterNotFoundStatus && { clusterNotFoundStatus }),
  }
}

type Limits = Pick<
  ForwardAction,
  'timeoutMs' | 'maxStreamDurationMs' | 'grpcMaxStreamDurationMs' | 'grpcTimeoutOffsetMs' | 'idleTimeoutMs'
>

function translateLimits(scope: FieldScope, action: RouteActionMessage): Limits {
  const timeoutMs = action.timeout && translateDuration(scope.at('timeout'), action.timeout)
  const stream = action.maxStreamDuration
  const place = scope.at('max_stream_duration')
  const maxStreamDurationMs =
    stream?.maxStreamDuration && translateDuration(place.at('max_stream_duration'), stream.maxStreamDuration)
  const grpcMaxStreamDurationMs =
    stream?.grpcTimeoutHeaderMax && translateDuration(place.at('grpc_timeout_header_max'), stream.grpcTimeoutHeaderMax)
  const offset = stream?.grpcTimeoutHeaderOffset
  const grpcTimeoutOffsetMs = offset && translateDuration(place.at('grpc_timeout_header_offset'), offset)
  const idleTimeoutMs = action.idleTimeout && translateDuration(scope.at('idle_timeout'), action.idleTimeout)
  return {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(maxStreamDurationMs !== undefined && { maxStreamDurationMs }),
    ...(grpcMaxStreamDurationMs !== undefined && { grpcMaxStreamDurationMs }),
    ...(grpcTimeoutOffsetMs !== undefined && { grpcTimeoutOffsetMs }),
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
  }
}

const UNCHOSEN = 'the cluster is not chosen by a plugin'

/** Empty when the cluster is not named but found out per request; undefined when the action is malformed. Both are reported. */
function translateClusters(
  scope: FieldScope,
  action: RouteActionMessage,
  reasons: RouteReasons,
  plugins: ClusterSpecifierPlugins,
): readonly WeightedCluster[] | undefined {
  const specifier = action.clusterSpecifier
  switch (specifier?.$case) {
    case 'cluster':
      if (specifier.value !== '') return [{ name: specifier.value, weight: 1, filterOverrides: new Map() }]
      scope.at('cluster').malformed('the name is missing')
      return undefined
    case 'weightedClusters':
      return translateWeightedClusters(scope.at('weighted_clusters'), specifier.value, reasons.refusals)
    case 'clusterSpecifierPlugin': {
      const place = scope.at('cluster_specifier_plugin')
      const plugin = plugins.find(place, specifier.value)
      if (plugin === undefined) return undefined
      // gRPC passes routes by whose plugin it does not know and may leave out; else it refuses.
      return unchosen(place, reasons, plugin.isOptional)
    }
    case 'clusterHeader':
      reasons.skips.add(scope.at('cluster_header'), 'gRPC does not choose clusters by a header', ['grpc'])
      if (specifier.value === '') scope.at('cluster_header').malformed('the name is missing')
      return [{ name: '', clusterHeader: specifier.value.toLowerCase(), weight: 1, filterOverrides: new Map() }]
    case 'inlineClusterSpecifierPlugin':
      return unchosen(scope.at('inline_cluster_specifier_plugin'), reasons, true)
    case undefined:
      return unchosen(scope, reasons, true)
  }
}

/** gRFC A28: a route whose cluster_specifier is not known does not exist. An HTTP call that comes to it fails. */
function unchosen(scope: FieldScope, { refusals, skips }: RouteReasons, grpcSkips: boolean): readonly [] {
  refusals.add(scope, UNCHOSEN, grpcSkips ? ['http'] : ['http', 'grpc'])
  if (grpcSkips) skips.add(scope, UNCHOSEN, ['grpc'])
  return []
}
