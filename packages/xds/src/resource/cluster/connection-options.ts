import type { ConnectionOptions } from '@inmesh/core'
import type { Cluster, HttpProtocolOptions } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import type { ProtocolOptions } from './protocol-options.js'

const FIELDS = new FieldTreatments<HttpProtocolOptions>({
  idleTimeout: CARRIED,
  maxConnectionDuration: CARRIED,
  maxRequestsPerConnection: CARRIED,
  maxHeadersCount: leftOut('the size of heads is limited by the carrier only'),
  maxResponseHeadersKb: leftOut('the size of heads is limited by the carrier only'),
  maxStreamDuration: CARRIED,
  headersWithUnderscoresAction: leftOut('names of headers are not checked for underscores'),
})

/**
 * Translates how long connections and the streams on them live. Envoy keeps these options in two places, of which the extension goes before the older fields of
 * the cluster itself. gRPC reads neither.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param extension - Options from its `typed_extension_protocol_options`.
 * @param refusals - Refusals of the cluster.
 */
export function translateConnectionOptions(
  scope: FieldScope,
  cluster: Cluster,
  extension: ProtocolOptions | undefined,
  refusals: ViewReasons,
): ConnectionOptions | undefined {
  const newer = extension?.options.commonHttpProtocolOptions
  const options = newer ?? cluster.commonHttpProtocolOptions
  const place = (newer === undefined ? scope : extension!.scope).at('common_http_protocol_options')
  const chosen = options && { scope: place, options }
  if (chosen !== undefined) FIELDS.apply(chosen.scope, chosen.options, refusals)
  const { idleTimeout, maxConnectionDuration, maxRequestsPerConnection, maxStreamDuration } = chosen?.options ?? {}
  const idleTimeoutMs = idleTimeout && translateDuration(chosen!.scope.at('idle_timeout'), idleTimeout)
  const maxAgeMs =
    maxConnectionDuration && translateDuration(chosen!.scope.at('max_connection_duration'), maxConnectionDuration)
  const maxStreamDurationMs =
    maxStreamDuration && translateDuration(chosen!.scope.at('max_stream_duration'), maxStreamDuration)
  // 0 means no limit, as in Istio's `maxRequestsPerConnection`.
  const maxRequests = maxRequestsPerConnection ?? cluster.maxRequestsPerConnection
  const limits: ConnectionOptions = {
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
    ...(maxAgeMs && { maxAgeMs }),
    ...(maxRequests && { maxRequests }),
    ...(maxStreamDurationMs && { maxStreamDurationMs }),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}
