import type { PeerCertificate, SecureContext } from 'node:tls'

/** How the connections of a pool are secured. Made once for each pool. */
export interface ConnectionSecurity {
  /** Authorities, own certificate and ciphers, made ready. */
  readonly context: SecureContext
  /** What the server is asked for (SNI, RFC 6066); empty to ask for nothing. */
  readonly serverName: string
  /** Protocols that are offered (ALPN). Default: the one that is spoken. */
  readonly protocols?: readonly string[]
  /**
   * Whether a server is the one that is meant. Asked on every connection, once the chain of its certificate was found good.
   *
   * @param certificate - The server's.
   * @returns what is wrong with it, undefined when nothing is.
   */
  verify(certificate: PeerCertificate): Error | undefined
}
