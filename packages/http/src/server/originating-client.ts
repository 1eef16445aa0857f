import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { TrustedNetworks } from './trusted-networks.js'

/**
 * Finds the client that a request comes from in the end. Each proxy adds the address of its peer at the end of `x-forwarded-for`, so the
 * list is read backwards as long as the one who spoke is trusted (Envoy, "xff_trusted_cidrs").
 *
 * @param request - A request of a trusted peer.
 * @param trusted - Whose word counts.
 * @returns an IP literal; undefined when the peer tells nothing that can be read.
 */
export function originatingClient(request: IncomingMessage, trusted: TrustedNetworks): string | undefined {
  const forwarded = request.headers['x-forwarded-for']
  if (typeof forwarded !== 'string') return undefined
  let client: string | undefined
  for (const entry of forwarded.split(',').reverse()) {
    const address = entry.trim()
    if (isIP(address) === 0) break
    client = address
    if (!trusted.includes(address)) break
  }
  return client
}
