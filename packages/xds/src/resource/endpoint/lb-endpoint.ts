import { isIP } from 'node:net'
import type { EndpointConfig, EndpointHealth } from '@inmesh/core'
import { type Address, type Endpoint, HealthStatus, type LbEndpoint, SocketAddress_Protocol } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateMetadata } from './metadata.js'

const HIGHEST_PORT = 65_535

/** gRFC A27: UNKNOWN counts as healthy. What is not listed, a newer status included, is not known to be well and takes no requests. */
const HEALTH: ReadonlyMap<HealthStatus, EndpointHealth> = new Map([
  [HealthStatus.UNKNOWN, 'healthy'],
  [HealthStatus.HEALTHY, 'healthy'],
  [HealthStatus.DEGRADED, 'degraded'],
  [HealthStatus.DRAINING, 'draining'],
])

/** A place to connect to. */
interface SocketPlace {
  readonly key: string
  readonly host: string
  readonly port: number
}

/**
 * Translates one endpoint.
 *
 * @param scope - Where it stands.
 * @param message - The endpoint.
 * @param keys - Addresses of the whole assignment so far; a second one of the same is an error.
 * @returns undefined when it is malformed or of a kind that is not supported, both of which are reported.
 */
export function translateLbEndpoint(
  scope: FieldScope,
  message: LbEndpoint,
  keys: Set<string>,
): EndpointConfig | undefined {
  const identifier = message.hostIdentifier
  if (identifier?.$case === 'endpointName') {
    scope.at('endpoint_name').unsupported('named endpoints are not looked up; the endpoint is left out')
    return undefined
  }
  if (message.loadBalancingWeight === 0) scope.at('load_balancing_weight').malformed('must be 1 or more')
  const endpoint = identifier?.value
  const place = scope.at('endpoint')
  const address = translateAddress(place.at('address'), endpoint?.address)
  if (address === undefined || endpoint === undefined) return undefined
  if (keys.has(address.key)) place.at('address').malformed(`the address ${address.key} is there already`)
  keys.add(address.key)
  checkAdditionalAddresses(place, endpoint, keys)
  if (endpoint.healthCheckConfig !== undefined) {
    place.at('health_check_config').unsupported('endpoints are not checked actively yet')
  }
  return {
    key: address.key,
    host: address.host,
    port: address.port,
    hostname: endpoint.hostname,
    weight: message.loadBalancingWeight ?? 1,
    health: HEALTH.get(message.healthStatus) ?? 'unhealthy',
    metadata: translateMetadata(message.metadata),
  }
}

function checkAdditionalAddresses(scope: FieldScope, endpoint: Endpoint, keys: Set<string>): void {
  for (const [index, { address }] of endpoint.additionalAddresses.entries()) {
    const place = scope.at('additional_addresses', index)
    place.unsupported('only the first address of an endpoint is used')
    const additional = translateAddress(place.at('address'), address)
    if (additional === undefined) continue
    if (keys.has(additional.key)) place.malformed(`the address ${additional.key} is there already`)
    keys.add(additional.key)
  }
}

/** EDS carries IP literals: Envoy resolves no names here, and neither does gRPC (gRFC A27). */
function translateAddress(scope: FieldScope, address: Address | undefined): SocketPlace | undefined {
  const kind = address?.address
  if (kind === undefined) {
    scope.malformed('the address is missing')
    return undefined
  }
  if (kind.$case !== 'socketAddress') {
    const name = kind.$case === 'pipe' ? 'pipe' : 'envoy_internal_address'
    scope.at(name).unsupported('only socket addresses are connected to; the endpoint is left out')
    return undefined
  }
  const { address: host, portSpecifier, protocol } = kind.value
  const place = scope.at('socket_address')
  if (protocol !== SocketAddress_Protocol.TCP) {
    place.at('protocol').unsupported('only TCP is spoken; the endpoint is left out')
    return undefined
  }
  const version = isIP(host)
  if (version === 0) place.at('address').malformed(`must be an IP address, not ${JSON.stringify(host)}`)
  const port = portSpecifier?.$case === 'portValue' ? portSpecifier.value : 0
  if (port < 1 || port > HIGHEST_PORT) place.at('port_value').malformed(`must be 1 to ${HIGHEST_PORT}`)
  return { key: version === 6 ? `[${host}]:${port}` : `${host}:${port}`, host, port }
}
