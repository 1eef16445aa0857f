import { type Any, type HttpProtocolOptions, UpstreamHttpProtocolOptions } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { checkUpstreamFilter } from '../filter/upstream-filter.js'

const OF_ROUTES = leftOut('policies for requests are read from routes only')

const FIELDS = new FieldTreatments<UpstreamHttpProtocolOptions>({
  httpFilters: CARRIED,
  commonHttpProtocolOptions: CARRIED,
  // Server names and names to verify, for TLS only.
  upstreamHttpProtocolOptions: MOOT,
  upstreamProtocolOptions: leftOut('the protocol is chosen by the carrier'),
  headerValidationConfig: leftOut('headers are checked by the carrier only'),
  retryPolicy: OF_ROUTES,
  hashPolicy: OF_ROUTES,
  requestMirrorPolicies: OF_ROUTES,
  outlierDetection: leftOut(
    'which responses count as failures of an endpoint cannot be chosen; those of 500 and above do',
  ),
})

/**
 * Goes through `typed_extension_protocol_options`. Filters on the upstream side are held to the same rule as a listener's.
 *
 * @param scope - The cluster.
 * @param options - Options by extension name.
 * @param refusals - Refusals of the cluster.
 * @returns the options of connections, where there are any.
 */
export function checkProtocolOptions(
  scope: FieldScope,
  options: ReadonlyMap<string, Any>,
  refusals: ViewReasons,
): { readonly scope: FieldScope; readonly options: HttpProtocolOptions } | undefined {
  let common: ReturnType<typeof checkProtocolOptions>
  for (const [name, any] of options) {
    const place = scope.at('typed_extension_protocol_options', name)
    const config = typedConfigOf(place, any)
    if (config === undefined) continue
    if (config.typeName !== UpstreamHttpProtocolOptions.$type) {
      place.unsupported(`options of type ${config.typeName} are not supported`)
      continue
    }
    const message = decodeConfig(place, UpstreamHttpProtocolOptions, config)
    if (message === undefined) continue
    FIELDS.apply(place, message, refusals)
    const { commonHttpProtocolOptions } = message
    if (commonHttpProtocolOptions !== undefined) {
      common = { scope: place.at('common_http_protocol_options'), options: commonHttpProtocolOptions }
    }
    for (const [index, filter] of message.httpFilters.entries()) {
      checkUpstreamFilter(place.at('http_filters', index), filter, refusals)
    }
  }
  return common
}
