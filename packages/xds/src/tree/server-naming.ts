import { isIPv6 } from 'node:net'
import type { ServerAddress } from '@inmesh/core'
import { encodedFor } from './target-naming.js'

/**
 * The name of a server's listener (gRFC A36): `%s` in the template is the address that the server is bound to, `192.0.2.1:80`, `[::]:80`.
 *
 * @param template - `server_listener_resource_name_template`.
 * @param server - Where it listens.
 */
export function serverListenerName(template: string, { address, port }: ServerAddress): string {
  const text = encodedFor(template, isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`)
  return template.replaceAll('%s', () => text)
}
