import { type Any, UpstreamHttpProtocolOptions } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { checkUpstreamFilter } from '../filter/upstream-filter.js'

const OF_ROUTES = leftOut('policies for requests are read from routes only')

const FIELDS = new FieldTreatments<UpstreamHttpProtocolOptions>({
  httpFilters: CARRIED,
  commonHttpProtocolOptions: CARRIED,
  upstreamHttpProtocolOptions: CARRIED,
  upstreamProtocolOptions: CARRIED,
  headerValidationConfig: leftOut('headers are checked by the carrier only'),
  retryPolicy: OF_ROUTES,
  hashPolicy: OF_ROUTES,
  requestMirrorPolicies: OF_ROUTES,
  outlierDetection: leftOut(
    'which responses count as failures of an endpoint cannot be chosen; those of 500 and above do',
  ),
})

/** Options of a cluster's extension for HTTP. */
export interface ProtocolOptions {
  /** Where they stand. */
  readonly scope: FieldScope
  /** The options. */
  readonly options: UpstreamHttpProtocolOptions
}

/**
 * Goes through `typed_extension_protocol_options`. Filters on the upstream side are held to the same rule as a listener's.
 *
 * @param scope - The cluster.
 * @param extensions - Options by extension name.
 * @param refusals - Refusals of the cluster.
 * @returns the options for HTTP, where there are any.
 */
export function readProtocolOptions(
  scope: FieldScope,
  extensions: ReadonlyMap<string, Any>,
  refusals: ViewReasons,
): ProtocolOptions | undefined {
  let found: ProtocolOptions | undefined
  for (const [name, any] of extensions) {
    const place = scope.at('typed_extension_protocol_options', name)
    const config = typedConfigOf(place, any)
    if (config === undefined) continue
    if (config.typeName !== UpstreamHttpProtocolOptions.$type) {
      place.unsupported(`options of type ${config.typeName} are not supported`)
      continue
    }
    const options = decodeConfig(place, UpstreamHttpProtocolOptions, config)
    if (options === undefined) continue
    FIELDS.apply(place, options, refusals)
    found = { scope: place, options }
    for (const [index, filter] of options.httpFilters.entries()) {
      checkUpstreamFilter(place.at('http_filters', index), filter, refusals)
    }
  }
  return found
}
