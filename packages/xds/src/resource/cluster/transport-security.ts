import { type Cluster, RawBuffer, type TransportSocket, UpstreamTlsContext } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'

const NO_TLS = 'TLS to endpoints is not supported yet'

/**
 * Refuses a cluster whose connections must be secured: there is no TLS to endpoints yet, and plaintext must never stand in for it
 * (gRFC A29: "an error never falls back"). A cluster that says nothing is plaintext.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param refusals - Its refusals.
 */
export function checkTransportSecurity(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): void {
  if (cluster.transportSocketMatches.length > 0) {
    refusals.add(scope.at('transport_socket_matches'), `${NO_TLS}, nor is its choice per endpoint`)
  }
  if (cluster.transportSocketMatcher !== undefined) {
    refusals.add(scope.at('transport_socket_matcher'), `${NO_TLS}, nor is its choice per endpoint`)
  }
  if (cluster.transportSocket !== undefined) {
    checkTransportSocket(scope.at('transport_socket'), cluster.transportSocket, refusals)
  }
}

function checkTransportSocket(scope: FieldScope, socket: TransportSocket, refusals: ViewReasons): void {
  const any = socket.configType?.value
  const config = any && typedConfigOf(scope.at('typed_config'), any)
  if (config?.typeName === RawBuffer.$type) {
    refusals.add(scope, 'gRPC knows no transport socket but TLS (gRFC A29)', ['grpc'])
    return
  }
  if (config?.typeName !== UpstreamTlsContext.$type) {
    refusals.add(scope, `transport sockets of type ${config?.typeName ?? '(none)'} are not supported`)
    return
  }
  decodeConfig(scope.at('typed_config'), UpstreamTlsContext, config)
  refusals.add(scope, NO_TLS)
}
