import type { EndpointHealthCheck } from '@inmesh/core'
import type { Endpoint_HealthCheckConfig } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'

const HIGHEST_PORT = 65_535

/**
 * Translates how one endpoint is checked.
 *
 * @param scope - Where it stands.
 * @param message - The configuration.
 */
export function translateHealthCheck(
  scope: FieldScope,
  { portValue, hostname, address, disableActiveHealthCheck }: Endpoint_HealthCheckConfig,
): EndpointHealthCheck {
  if (portValue > HIGHEST_PORT) scope.at('port_value').malformed(`must be at most ${HIGHEST_PORT}`)
  if (address !== undefined) scope.at('address').unsupported('endpoints are checked at their own address')
  return {
    ...(portValue > 0 && { port: portValue }),
    ...(hostname !== '' && { hostname }),
    ...(disableActiveHealthCheck && { disabled: true }),
  }
}
