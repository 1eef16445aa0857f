import { type MirrorPolicy, NOTHING_REFUSED, type Refusals, type Route, type VirtualHost } from '@inmesh/core'
import { VirtualHost_TlsRequirementType, type VirtualHost as VirtualHostMessage } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateOlderCors } from '../filter/cors.js'
import { translateFilterOverrides } from '../filter/filter-overrides.js'
import type { ClusterSpecifierPlugins } from './cluster-specifier-plugins.js'
import { translateHeaderLevel } from './header-operations.js'
import { translateMirrors } from './mirror-policy.js'
import { translateRetryPolicy } from './retry-policy.js'
import { translateRoute, type VirtualHostTerms } from './route.js'

const BODY_LIMIT = leftOut('bodies are not buffered')

const NO_MATCHER = 'matcher trees are not supported'

const FIELDS = new FieldTreatments<VirtualHostMessage>({
  name: CARRIED,
  domains: CARRIED,
  routes: CARRIED,
  typedPerFilterConfig: CARRIED,
  retryPolicy: CARRIED,
  matcher: refusedForHttp(NO_MATCHER),
  // Callers are the application itself, and never external.
  requireTls: (requirement) => (requirement === VirtualHost_TlsRequirementType.EXTERNAL_ONLY ? MOOT : CARRIED),
  virtualClusters: MOOT,
  rateLimits: leftOut('descriptors for rate limits are not made yet'),
  requestHeadersToAdd: CARRIED,
  requestHeadersToRemove: CARRIED,
  responseHeadersToAdd: CARRIED,
  responseHeadersToRemove: CARRIED,
  cors: CARRIED,
  includeRequestAttemptCount: CARRIED,
  includeAttemptCountInResponse: CARRIED,
  includeIsTimeoutRetryHeader: CARRIED,
  retryPolicyTypedConfig: leftOut('retry policies of other types are not supported; nothing is retried'),
  hedgePolicy: leftOut('requests are not hedged yet'),
  perRequestBufferLimitBytes: BODY_LIMIT,
  requestBodyBufferLimit: BODY_LIMIT,
  requestMirrorPolicies: CARRIED,
  metadata: leftOut('metadata of routes is not used yet'),
})

const EVERY_PATH: Route['match'] = {
  path: { kind: 'prefix', value: '/', caseSensitive: true },
  headers: [],
  grpcOnly: false,
}

/** What `require_tls: ALL` comes to: a route before all others that sends HTTP requests to the same URL under `https:` (Envoy). */
const TLS_REDIRECT: Omit<Route, 'refused'> = {
  name: 'require_tls',
  match: EVERY_PATH,
  action: { kind: 'redirect', status: 301, scheme: 'https', stripQuery: false },
  filterOverrides: new Map(),
  skipped: { grpc: 'gRPC does not read require_tls' },
}

/** What stands for the routes of a matcher tree, so that calls fail with the reason and not for the lack of a route. */
const MATCHER_ROUTE: Omit<Route, 'refused'> = {
  name: 'matcher',
  match: EVERY_PATH,
  action: { kind: 'unsupported', reason: NO_MATCHER },
  filterOverrides: new Map(),
  skipped: NOTHING_REFUSED,
}

/** What a virtual host takes over from its route configuration. */
export interface RouteConfigurationTerms {
  /** Refusals of everything in the route configuration. */
  readonly refused: Refusals
  /** Mirrors for virtual hosts and routes that have none of their own. */
  readonly mirrors: readonly MirrorPolicy[]
  /** Plugins that it declares. */
  readonly plugins: ClusterSpecifierPlugins
  /** Domains of the virtual hosts before this one; this one's are added. */
  readonly domains: Set<string>
}

/**
 * Translates one virtual host with all its routes.
 *
 * @param scope - Where it stands.
 * @param host - The virtual host.
 * @param terms - What it takes over from its route configuration.
 */
export function translateVirtualHost(
  scope: FieldScope,
  host: VirtualHostMessage,
  terms: RouteConfigurationTerms,
): VirtualHost {
  const refusals = ViewReasons.refusals()
  FIELDS.apply(scope, host, refusals)
  const headers = translateHeaderLevel(scope, host, refusals)
  const filterOverrides = translateFilterOverrides(scope, host.typedPerFilterConfig, refusals)
  const retryRefusals = ViewReasons.refusals()
  const retryPolicy =
    host.retryPolicy && translateRetryPolicy(scope.at('retry_policy'), host.retryPolicy, retryRefusals)
  const cors = translateOlderCors(scope, host.cors, refusals)
  refusals.inherit(terms.refused)
  const mirrors = translateMirrors(scope, host.requestMirrorPolicies, refusals)
  const routeTerms: VirtualHostTerms = {
    refused: refusals.toRefusals(),
    retryRefused: retryRefusals.toRefusals(),
    mirrors: mirrors.length > 0 ? mirrors : terms.mirrors,
    plugins: terms.plugins,
  }
  const routes = host.routes.flatMap(
    (route, index) => translateRoute(scope.at('routes', index), route, routeTerms) ?? [],
  )
  const { refused } = routeTerms
  return {
    name: host.name,
    domains: translateDomains(scope, host.domains, terms.domains),
    routes: [
      ...(host.requireTls === VirtualHost_TlsRequirementType.ALL ? [{ ...TLS_REDIRECT, refused }] : []),
      ...routes,
      ...(host.matcher === undefined ? [] : [{ ...MATCHER_ROUTE, refused }]),
    ],
    ...cors,
    ...translateAttemptHeaders(host),
    ...(retryPolicy && { retryPolicy }),
    ...headers,
    filterOverrides,
  }
}

function translateAttemptHeaders(host: VirtualHostMessage): Pick<VirtualHost, 'attemptHeaders'> {
  const { includeRequestAttemptCount: inRequest, includeAttemptCountInResponse: inResponse } = host
  const timeoutRetry = host.includeIsTimeoutRetryHeader
  return inRequest || inResponse || timeoutRetry ? { attemptHeaders: { inRequest, inResponse, timeoutRetry } } : {}
}

/**
 * Domains are compared without regard to case, as Envoy does. One that cannot match, one that is there already and a list without any make
 * the table malformed, in Envoy as in gRPC's C core: which host they were meant for is anybody's guess.
 */
function translateDomains(scope: FieldScope, domains: readonly string[], seen: Set<string>): readonly string[] {
  if (domains.length === 0) scope.at('domains').malformed('at least one domain is required')
  return domains.map((given, index) => {
    const domain = given.toLowerCase()
    const place = scope.at('domains', index)
    if (!isDomainPattern(domain)) place.malformed(`${JSON.stringify(given)} is not a domain pattern`)
    else if (seen.has(domain)) place.malformed(`the domain ${given} is there already`)
    seen.add(domain)
    return domain
  })
}

/** Exact, `*.suffix`, `prefix.*` or `*` (gRFC A27): an asterisk at one end at most. */
function isDomainPattern(domain: string): boolean {
  if (domain === '' || domain === '*') return domain !== ''
  const star = domain.indexOf('*')
  return star === domain.lastIndexOf('*') && (star <= 0 || star === domain.length - 1)
}
