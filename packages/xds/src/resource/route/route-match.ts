import type { HeaderMatch, RouteMatch } from '@inmesh/core'
import type { RouteMatch as RouteMatchMessage } from '@inmesh/xds-proto'
import { protoFieldName } from '../field/field-name.js'
import type { FieldScope } from '../field/field-scope.js'
import { translateFraction } from '../field/fraction.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateClientNetworks } from './client-network-match.js'
import { translateHeaderMatch } from './header-match.js'
import { translatePath } from './path-match.js'
import type { RouteReasons } from './route-reasons.js'
import { translateCookies, translateQueryParameters } from './value-match.js'

/**
 * What gRPC makes of a condition that is not tested: routes are skipped as gRFC A28 has it for query parameters, or it is not read. For HTTP nobody can say whether such a condition holds, so a request that meets all the other conditions is refused.
 */
type Untested = { readonly reason: string; readonly grpc: 'skipped' | 'ignored' }

type Conditions = { readonly [Field in keyof RouteMatchMessage]-?: Untested | 'tested' }

const CONDITIONS: Conditions = {
  pathSpecifier: 'tested',
  caseSensitive: 'tested',
  runtimeFraction: 'tested',
  headers: 'tested',
  grpc: 'tested',
  queryParameters: 'tested',
  cookies: 'tested',
  filterState: 'tested',
  dynamicMetadata: { reason: 'dynamic metadata is not matched', grpc: 'skipped' },
  tlsContext: { reason: 'the TLS state of the caller is not matched', grpc: 'ignored' },
}

const UNTESTED = Object.entries(CONDITIONS).filter(
  (entry): entry is [keyof RouteMatchMessage, Untested] => entry[1] !== 'tested',
)

/**
 * Translates a route's conditions.
 *
 * @param scope - Where the match stands.
 * @param match - The match.
 * @param reasons - Reasons of the route.
 * @returns `'never'` when no request can match; undefined when the match is malformed, which is reported.
 */
export function translateRouteMatch(
  scope: FieldScope,
  match: RouteMatchMessage | undefined,
  reasons: RouteReasons,
): RouteMatch | 'never' | undefined {
  if (match === undefined) {
    scope.malformed('the match is missing')
    return undefined
  }
  reportUntested(scope, match, reasons)
  const path = translatePath(scope, match, reasons.refusals)
  const headers = translateHeaders(scope, match, reasons.refusals)
  const queryParameters = translateQueryParameters(scope, match.queryParameters, reasons)
  const cookies = translateCookies(scope, match.cookies, reasons)
  const clientNetworks = translateClientNetworks(scope, match.filterState, reasons)
  const fraction = translateRuntimeFraction(scope.at('runtime_fraction'), match, reasons.refusals)
  if (path === undefined) return undefined
  if (path.kind === 'never') return 'never'
  return {
    path: path.path,
    headers,
    ...(queryParameters.length > 0 && { queryParameters }),
    ...(cookies.length > 0 && { cookies }),
    ...(clientNetworks.length > 0 && { clientNetworks }),
    ...(fraction && { fraction }),
    grpcOnly: match.grpc !== undefined,
  }
}

function reportUntested(scope: FieldScope, match: RouteMatchMessage, { refusals, skips }: RouteReasons): void {
  for (const [field, { reason, grpc }] of UNTESTED) {
    const value = match[field]
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    const place = scope.at(protoFieldName(field))
    refusals.add(place, reason, ['http'])
    if (grpc === 'skipped') skips.add(place, reason, ['grpc'])
  }
}

function translateHeaders(scope: FieldScope, match: RouteMatchMessage, refusals: ViewReasons): readonly HeaderMatch[] {
  return match.headers.flatMap(
    (matcher, index) => translateHeaderMatch(scope.at('headers', index), matcher, refusals) ?? [],
  )
}

function translateRuntimeFraction(
  scope: FieldScope,
  match: RouteMatchMessage,
  refusals: ViewReasons,
): RouteMatch['fraction'] {
  const share = match.runtimeFraction
  if (share === undefined) return undefined
  if (share.runtimeKey !== '') {
    scope.at('runtime_key').unsupported('there is no runtime to look the key up in; default_value applies')
  }
  // Envoy requires the value; gRPC reads 0.
  if (share.defaultValue === undefined) refusals.add(scope.at('default_value'), 'the value is missing', ['http'])
  return translateFraction(scope.at('default_value'), share.defaultValue)
}
