import { isIP } from 'node:net'
import type { EndpointConfig, EndpointHealth } from '@inmesh/core'
import { type Address, type Endpoint, HealthStatus, type LbEndpoint, SocketAddress_Protocol } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { Addresses } from './addresses.js'
import { translateHealthCheck } from './endpoint-health-check.js'
import { translateMetadata } from './metadata.js'

/** Of a TCP port. */
export const HIGHEST_PORT = 65_535

/** gRFC A27: UNKNOWN counts as healthy. What is not listed, a newer status included, is not known to be well and takes no requests. */
const HEALTH: ReadonlyMap<number, EndpointHealth> = new Map([
  [HealthStatus.UNKNOWN, 'healthy'],
  [HealthStatus.HEALTHY, 'healthy'],
  [HealthStatus.DEGRADED, 'degraded'],
  [HealthStatus.DRAINING, 'draining'],
])

/** What the mesh makes of a health status. */
export function healthOf(status: number): EndpointHealth {
  return HEALTH.get(status) ?? 'unhealthy'
}

/** What an endpoint's state is kept by; `version` is that of the IP address. */
export function endpointKey(host: string, port: number, version: number): string {
  return version === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

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
 * @param addresses - Addresses of the whole assignment so far; a second one of the same is an error.
 * @returns undefined when it is malformed or of a kind that is not supported, both of which are reported.
 */
export function translateLbEndpoint(
  scope: FieldScope,
  message: LbEndpoint,
  addresses: Addresses,
): EndpointConfig | undefined {
  const identifier = message.hostIdentifier
  if (identifier?.$case === 'endpointName') {
    scope.at('endpoint_name').unsupported('named endpoints are not looked up; the endpoint is left out')
    return undefined
  }
  if (message.loadBalancingWeight === 0) scope.at('load_balancing_weight').malformed('must be 1 or more')
  const endpoint = identifier?.value
  const place = scope.at('endpoint')
  const address = translateAddress(place.at('address'), endpoint?.address, addresses.allowNames)
  if (address === undefined || endpoint === undefined) return undefined
  addresses.take(place.at('address'), address.key)
  const additionalHosts = translateAdditionalAddresses(place, endpoint, address.port, addresses)
  const healthCheck =
    endpoint.healthCheckConfig && translateHealthCheck(place.at('health_check_config'), endpoint.healthCheckConfig)
  return {
    key: address.key,
    host: address.host,
    port: address.port,
    ...(additionalHosts.length > 0 && { additionalHosts }),
    hostname: endpoint.hostname,
    weight: message.loadBalancingWeight ?? 1,
    health: healthOf(message.healthStatus),
    ...(healthCheck && { healthCheck }),
    metadata: translateMetadata(message.metadata),
  }
}

/** Further IP addresses are tried when the first does not answer (gRFC A61; Envoy, "Happy Eyeballs"). */
function translateAdditionalAddresses(
  scope: FieldScope,
  endpoint: Endpoint,
  port: number,
  addresses: Addresses,
): readonly string[] {
  return endpoint.additionalAddresses.flatMap(({ address }, index) => {
    const place = scope.at('additional_addresses', index)
    const additional = translateAddress(place.at('address'), address, false)
    if (additional === undefined) return []
    addresses.take(place, additional.key)
    if (additional.port === port) return additional.host
    place.unsupported('an address with a port of its own is not tried')
    return []
  })
}

/** EDS carries IP literals: Envoy resolves no names there, and neither does gRPC (gRFC A27). */
function translateAddress(
  scope: FieldScope,
  address: Address | undefined,
  allowNames: boolean,
): SocketPlace | undefined {
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
  const { address: host, portSpecifier, protocol, resolverName } = kind.value
  const place = scope.at('socket_address')
  if (protocol !== SocketAddress_Protocol.TCP) {
    place.at('protocol').unsupported('only TCP is spoken; the endpoint is left out')
    return undefined
  }
  const version = isIP(host)
  if (host === '') place.at('address').malformed('the address is missing')
  else if (version === 0 && !allowNames) {
    place.at('address').malformed(`must be an IP address, not ${JSON.stringify(host)}`)
  }
  if (allowNames && resolverName !== '') place.at('resolver_name').malformed('must be empty')
  const port = portSpecifier?.$case === 'portValue' ? portSpecifier.value : 0
  if (port < 1 || port > HIGHEST_PORT) place.at('port_value').malformed(`must be 1 to ${HIGHEST_PORT}`)
  return { key: endpointKey(host, port, version), host, port }
}
