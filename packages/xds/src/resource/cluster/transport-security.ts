import type { UpstreamTls } from '@inmesh/core'
import { type Cluster, RawBuffer, UpstreamTlsContext } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateUpstreamTls } from '../tls/upstream-tls.js'
import type { ProtocolOptions } from './protocol-options.js'

const PER_ENDPOINT = 'TLS cannot be chosen per endpoint yet'

/**
 * Translates how the connections to a cluster are secured. What cannot be carried out refuses the cluster: plaintext never stands in for it (gRFC
 * A29: "an error never falls back"). A cluster that says nothing is plaintext.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param extension - Its options for HTTP.
 * @param refusals - Its refusals.
 * @returns undefined for plaintext, and for a cluster that is refused.
 */
export function translateTransportSecurity(
  scope: FieldScope,
  cluster: Cluster,
  extension: ProtocolOptions | undefined,
  refusals: ViewReasons,
): UpstreamTls | undefined {
  if (cluster.transportSocketMatches.length > 0) refusals.add(scope.at('transport_socket_matches'), PER_ENDPOINT)
  if (cluster.transportSocketMatcher !== undefined) refusals.add(scope.at('transport_socket_matcher'), PER_ENDPOINT)
  if (cluster.transportSocket === undefined) return undefined
  const place = scope.at('transport_socket')
  const any = cluster.transportSocket.configType?.value
  const config = any && typedConfigOf(place.at('typed_config'), any)
  if (config?.typeName === RawBuffer.$type) {
    refusals.add(place, 'gRPC knows no transport socket but TLS (gRFC A29)', ['grpc'])
    return undefined
  }
  if (config?.typeName !== UpstreamTlsContext.$type) {
    refusals.add(place, `transport sockets of type ${config?.typeName ?? '(none)'} are not supported`)
    return undefined
  }
  const context = decodeConfig(place.at('typed_config'), UpstreamTlsContext, config)
  if (context === undefined) {
    refusals.add(place, 'the context of TLS cannot be read')
    return undefined
  }
  refusals.add(place, 'TLS of gRPC calls is not supported yet', ['grpc'])
  return translateUpstreamTls(place.at('typed_config'), context, cluster, extension, refusals)
}
