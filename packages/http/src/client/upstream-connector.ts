import type { buildConnector } from 'undici'
import { EndpointConnector } from './endpoint-connector.js'
import { TlsConnector } from './tls/tls-connector.js'
import type { UpstreamPoolOptions } from './upstream-pool.js'

/**
 * @param options - What the connections are made for.
 * @param protocols - What is spoken over them, as TLS names it; empty for what it has no name for.
 * @returns how its connections are made.
 */
export function connectorOf(
  { endpoint, cluster, security, clock }: Pick<UpstreamPoolOptions, 'endpoint' | 'cluster' | 'security' | 'clock'>,
  protocols: readonly string[],
): buildConnector.connector {
  const plain = new EndpointConnector(endpoint, cluster)
  return security === undefined ? plain.connect : new TlsConnector(plain, security, protocols, clock).connect
}
