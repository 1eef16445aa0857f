import {
  create,
  durationFromMilliseconds,
  RegexMatchAndSubstitute,
  RouteAction,
  RouteAction_MaxStreamDuration,
  RouteAction_RequestMirrorPolicy,
  WeightedCluster,
  WeightedCluster_ClusterWeight,
} from '@inmesh/xds-proto'
import type { Destination, HttpAction, HttpRewrite, WeightedDestination } from '../model/http-route.js'
import type { MeshView } from '../registry/mesh-view.js'
import { runtimeFraction } from './fraction.js'
import { hashPolicy } from './hash-policy.js'
import { joinHeaders, type TranslatedHeaders, translateHeaders } from './header-operations.js'
import { clusterName } from './resource-name.js'
import { connectRetries, retryPolicy } from './retry-policy.js'
import { regexMatcher } from './string-matcher.js'

type Forward = Extract<HttpAction, { kind: 'forward' }>

/** A translated forward with the header changes of its route. */
export interface ForwardAction {
  /** The action. */
  readonly action: RouteAction
  /** The route's header changes, those of an only destination with them. */
  readonly headers: TranslatedHeaders
}

/**
 * Translates a route that sends requests on.
 *
 * @param forward - The action.
 * @param headers - Header changes of the route.
 * @param view - The mesh as the caller sees it.
 * @param port - The port that is called.
 */
export function forwardAction(
  forward: Forward,
  headers: TranslatedHeaders,
  view: MeshView,
  port: number,
): ForwardAction {
  const [only] = forward.destinations
  const single = forward.destinations.length === 1 && only !== undefined ? only : undefined
  const joined = single === undefined ? headers : joinHeaders(headers, translateHeaders(single.headers))
  const targets = forward.destinations
    .filter((destination) => single !== undefined || destination.weight > 0)
    .map((destination) => ({ destination, ...target(destination.destination, view, port) }))
  const hashPolicies = targets.map(({ policy }) => hashPolicy(policy)).filter((policy) => policy !== undefined)
  const authority = forward.rewrite?.authority ?? joined.authority
  const timeout = durationFromMilliseconds(forward.timeoutMs ?? 0)
  const action = create(RouteAction, {
    clusterSpecifier:
      single === undefined
        ? {
            $case: 'weightedClusters',
            value: create(WeightedCluster, {
              clusters: targets.map(({ destination, cluster }) => weightedCluster(destination, cluster)),
            }),
          }
        : { $case: 'cluster', value: targets[0]?.cluster ?? '' },
    ...rewrites(forward.rewrite),
    hostRewriteSpecifier: authority === undefined ? undefined : { $case: 'hostRewriteLiteral', value: authority },
    timeout,
    // gRPC reads this one, and HTTP the other (gRFC A31). 0 is no limit for both.
    maxStreamDuration: create(RouteAction_MaxStreamDuration, { maxStreamDuration: timeout }),
    retryPolicy: retryPolicy(forward.retries, single !== undefined && hashPolicies.length > 0),
    requestMirrorPolicies: forward.mirrors.map((mirror) =>
      create(RouteAction_RequestMirrorPolicy, {
        cluster: target(mirror.destination, view, port).cluster,
        runtimeFraction: runtimeFraction(mirror.percent),
        traceSampled: false,
        disableShadowHostSuffixAppend: true,
      }),
    ),
    hashPolicy: hashPolicies,
  })
  return { action, headers: joined }
}

/**
 * The route of a service that has no VirtualService.
 *
 * @param cluster - Name of its cluster.
 * @param view - The mesh as the caller sees it.
 * @param host - Full host name.
 * @param port - The port that is called.
 */
export function defaultAction(view: MeshView, host: string, port: number): RouteAction {
  const policy = hashPolicy(view.trafficPolicy(host, port, ''))
  const noLimit = durationFromMilliseconds(0)
  return create(RouteAction, {
    clusterSpecifier: { $case: 'cluster', value: clusterName(port, '', host) },
    timeout: noLimit,
    maxGrpcTimeout: noLimit,
    retryPolicy: retryPolicy(undefined, policy !== undefined),
    hashPolicy: policy === undefined ? [] : [policy],
  })
}

/**
 * The route of a port whose bytes are not looked into: no policy of HTTP applies, and a connection that cannot be made is tried elsewhere.
 *
 * @param host - Full host name.
 * @param port - The port that is called.
 */
export function opaqueAction(host: string, port: number): RouteAction {
  const noLimit = durationFromMilliseconds(0)
  return create(RouteAction, {
    clusterSpecifier: { $case: 'cluster', value: clusterName(port, '', host) },
    timeout: noLimit,
    maxGrpcTimeout: noLimit,
    idleTimeout: noLimit,
    retryPolicy: connectRetries(),
  })
}

// A destination without a port means the only port of its service, else the port that was called.
function target(destination: Destination, view: MeshView, called: number) {
  const { host, subset } = destination
  const ports = view.services.get(host)?.ports ?? []
  const port = destination.port ?? (ports.length === 1 ? (ports[0]?.number ?? called) : called)
  return { cluster: clusterName(port, subset, host), policy: view.trafficPolicy(host, port, subset) }
}

function weightedCluster(destination: WeightedDestination, cluster: string): WeightedCluster_ClusterWeight {
  const { authority, ...headers } = translateHeaders(destination.headers)
  return create(WeightedCluster_ClusterWeight, {
    name: cluster,
    weight: destination.weight,
    hostRewriteSpecifier: authority === undefined ? undefined : { $case: 'hostRewriteLiteral', value: authority },
    ...headers,
  })
}

function rewrites(rewrite: HttpRewrite | undefined): Partial<RouteAction> {
  if (rewrite?.uriRegex !== undefined) {
    const { match, rewrite: substitution } = rewrite.uriRegex
    return { regexRewrite: create(RegexMatchAndSubstitute, { pattern: regexMatcher(match), substitution }) }
  }
  return rewrite?.uri === undefined ? {} : { prefixRewrite: rewrite.uri }
}
