import { isIP } from 'node:net'
import type { ChannelCredentials } from '@grpc/grpc-js'

/** What grpc-js hands to `tls.connect`, which is its own. */
interface TlsConnector {
  readonly connectionOptions?: { servername?: string }
}

/**
 * Changes TLS credentials so that a server which is reached by its address gets no server name. There is none for an address (RFC 6066,
 * section 3), but grpc-js gives the address itself, which Node took back with a warning up to 25 and refuses since 26. The certificate is
 * verified against the address all the same: Node takes the host where there is no name.
 */
export function withoutAddressAsName(credentials: ChannelCredentials): ChannelCredentials {
  const createConnector = credentials._createSecureConnector.bind(credentials)
  credentials._createSecureConnector = (target, options, callCredentials) => {
    const connector = createConnector(target, options, callCredentials)
    const { connectionOptions } = connector as TlsConnector
    if (connectionOptions !== undefined && isIP(connectionOptions.servername ?? '') !== 0)
      connectionOptions.servername = ''
    return connector
  }
  return credentials
}
