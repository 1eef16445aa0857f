import type { Endpoint } from '../cluster/endpoint.js'

/**
 * Brings endpoints into an order in which the families of their addresses take turns, beginning with that of the first, so that one family
 * that does not work costs one attempt to connect, not all of them (RFC 8305, section 4; gRFC A61).
 *
 * @param endpoints - In the order of preference, which is kept within a family.
 */
export function interleavedFamilies(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const [first] = endpoints
  if (first === undefined) return endpoints
  const isFirstFamily = isIpv6(first)
  const own = endpoints.filter((endpoint) => isIpv6(endpoint) === isFirstFamily)
  const other = endpoints.filter((endpoint) => isIpv6(endpoint) !== isFirstFamily)
  if (other.length === 0) return endpoints
  const longest = Math.max(own.length, other.length)
  return Array.from({ length: longest }, (_, turn) => [
    ...own.slice(turn, turn + 1),
    ...other.slice(turn, turn + 1),
  ]).flat()
}

/** Only an IPv6 address has colons; names count with IPv4. */
function isIpv6({ host }: Endpoint): boolean {
  return host.includes(':')
}
