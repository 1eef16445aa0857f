import type { StringMatch } from './match.js'

/** A condition on a name that a certificate is for (SubjectAltNameMatcher). */
export interface AlternativeNameMatch {
  /** Kind of the name. `any` stands for all of the others. */
  readonly type: 'dns' | 'uri' | 'email' | 'ip' | 'any'
  /** What it must be. An exact one of `dns` may be met by a wildcard of the certificate. */
  readonly match: StringMatch
}

/**
 * Who is believed when a server proves who it is: whom the process trusts, or the authorities of these certificates. Authorities that come from a
 * provider of secrets become a further member, which the port `SecretSource` will resolve.
 */
export type TrustedAuthorities =
  | {
      /** Whom the process trusts. */
      readonly kind: 'system'
    }
  | {
      /** The authorities of these certificates, and nobody else. */
      readonly kind: 'certificates'
      /** In PEM. */
      readonly text: string
    }

/** What the mesh proves to a server who it is with. Never to be logged. */
export interface OwnCertificate {
  /** The certificate and those between it and its authority, in PEM. */
  readonly chain: string
  /** Its private key, in PEM. */
  readonly key: string
  /** What the key is encrypted with; absent where it is not. */
  readonly passphrase?: string
}

/** A version of TLS, as Node names it. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** How connections to a cluster are secured (envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext). HTTP view. */
export interface UpstreamTls {
  /** Who is believed. */
  readonly authorities: TrustedAuthorities
  /** Shown to servers that ask for it; absent where there is none. */
  readonly certificate?: OwnCertificate
  /** What the server's certificate must be for, one of them; empty says nothing of it. */
  readonly names: readonly AlternativeNameMatch[]
  /** What a server is asked for (SNI) where nothing else says it; may be empty. */
  readonly serverName: string
  /** Servers are asked for the host name of their endpoint, where it has one (`auto_host_sni`). */
  readonly asksForEndpoint: boolean
  /** Servers are asked for the host of the request (`auto_sni`), which goes before the other two. */
  readonly asksForHost: boolean
  /** The certificate must be for what the server was asked for, in place of `names` (`auto_sni_san_validation`). */
  readonly verifiesServerName: boolean
  /** The certificate must be for the host of the request, besides `names` (`auto_san_validation`). */
  readonly verifiesHost: boolean
  /** Protocols that are offered (ALPN); empty for the one that is spoken. */
  readonly protocols: readonly string[]
  /** Lowest version. Default TLS 1.2. */
  readonly minVersion: TlsVersion
  /** Highest version. Default TLS 1.3. */
  readonly maxVersion: TlsVersion
  /** Ciphers, as Node takes them; absent for Node's own. */
  readonly ciphers?: string
  /** Curves, as Node takes them; absent for Node's own. */
  readonly curves?: string
  /** Signature algorithms, as Node takes them; absent for Node's own. */
  readonly signatureAlgorithms?: string
}
