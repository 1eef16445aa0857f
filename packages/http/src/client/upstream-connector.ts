import type { buildConnector } from 'undici'
import { EndpointConnector } from './endpoint-connector.js'
import { TlsConnector } from './tls/tls-connector.js'
import type { UpstreamPoolOptions } from './upstream-pool.js'

/**
 * @param options - What a pool is made for.
 * @param protocols - What it speaks, as TLS names it.
 * @returns how its connections are made.
 */
export function connectorOf(
  { endpoint, cluster, security, clock }: UpstreamPoolOptions,
  protocols: readonly string[],
): buildConnector.connector {
  const plain = new EndpointConnector(endpoint, cluster)
  return security === undefined ? plain.connect : new TlsConnector(plain, security, protocols, clock).connect
}
