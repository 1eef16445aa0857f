import type { Endpoint } from '../cluster/endpoint.js'
import { utf8ByteString } from '../hashing/byte-string.js'
import { balancingMetadata } from '../model/endpoint.js'

/**
 * What places an endpoint on a ring or in a table: `hash_key` of its metadata `envoy.lb` where it has one, so that an endpoint that comes
 * back under another address keeps its place (Envoy; gRFC A76), else its address.
 *
 * @param endpoint - The endpoint.
 * @param useHostname - Take the host name before the address (Envoy, `use_hostname_for_hashing`). An endpoint without one has its address
 * instead: otherwise all of them would fall on one place.
 * @returns one byte in each character.
 */
export function hashKey(endpoint: Endpoint, useHostname: boolean): string {
  const { hostname } = endpoint.config
  const own = balancingMetadata(endpoint.config)?.hash_key
  if (typeof own === 'string' && own !== '') return utf8ByteString(own)
  return useHostname && hostname !== '' ? utf8ByteString(hostname) : endpoint.key
}
