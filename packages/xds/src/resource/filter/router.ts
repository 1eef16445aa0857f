import { CHECKABLE_HEADERS, type RouterOptions } from '@inmesh/core'
import { Router } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { decodeConfig, type TypedConfig } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { checkUpstreamFilter } from './upstream-filter.js'

const ACCESS_LOG = leftOut('access logs are not written by listener configuration yet')

const FIELDS = new FieldTreatments<Router>({
  suppressEnvoyHeaders: CARRIED,
  strictCheckHeaders: CARRIED,
  respectExpectedRqTimeout: CARRIED,
  upstreamHttpFilters: CARRIED,
  startChildSpan: leftOut('spans are not made by listener configuration yet'),
  upstreamLog: ACCESS_LOG,
  upstreamLogOptions: ACCESS_LOG,
  // Envoy's own statistics, and a kind of request that an application does not make.
  dynamicStats: MOOT,
  suppressGrpcRequestFailureCodeStats: MOOT,
  rejectConnectRequestEarlyData: MOOT,
})

/**
 * Translates the options of the terminal filter. gRPC reads none of them (gRFC A39).
 *
 * @param scope - Where the configuration stands.
 * @param config - The configuration.
 * @param refusals - Refusals of the listener as a whole.
 */
export function translateRouter(
  scope: FieldScope,
  config: TypedConfig,
  refusals: ViewReasons,
): { readonly router?: RouterOptions } {
  const message = decodeConfig(scope, Router, config)
  if (message === undefined) return {}
  FIELDS.apply(scope, message, refusals)
  for (const [index, filter] of message.upstreamHttpFilters.entries()) {
    checkUpstreamFilter(scope.at('upstream_http_filters', index), filter, refusals, ['http'])
  }
  const strictHeaders = message.strictCheckHeaders.flatMap((given, index) => {
    const name = given.toLowerCase()
    const checkable = CHECKABLE_HEADERS.includes(name)
    if (!checkable) refusals.add(scope.at('strict_check_headers', index), `${given} cannot be checked`, ['http'])
    return checkable ? name : []
  })
  const { suppressEnvoyHeaders: suppressesEnvoyHeaders, respectExpectedRqTimeout: respectsExpectedTimeout } = message
  if (!suppressesEnvoyHeaders && !respectsExpectedTimeout && strictHeaders.length === 0) return {}
  return { router: { suppressesEnvoyHeaders, respectsExpectedTimeout, strictHeaders } }
}
