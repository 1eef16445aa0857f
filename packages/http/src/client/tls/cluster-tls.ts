import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import type { EndpointConfig, UpstreamTls } from '@inmesh/core'
import { alternativeNames, compileNameMatch, type NameTest } from './alternative-names.js'
import type { ConnectionSecurity } from './connection-security.js'

/** What a request says of the server that it is for. */
export interface NamingRequest {
  /** Host that it is addressed to, an IPv6 address without its brackets. */
  readonly host: string
  /** Whether the caller itself named the host by an `https:` URL. */
  readonly secure: boolean
}

/** How a cluster's connections are secured, made ready: once for each configuration. */
export class ClusterTls {
  readonly #config: UpstreamTls
  readonly #context: SecureContext
  readonly #tests: readonly NameTest[]

  /**
   * @param config - The configuration, which OpenSSL takes.
   */
  constructor(config: UpstreamTls) {
    const { authorities, certificate, ciphers, curves, signatureAlgorithms } = config
    this.#config = config
    this.#context = createSecureContext({
      ...(authorities.kind === 'certificates' && { ca: authorities.text }),
      ...(certificate && { cert: certificate.chain, key: certificate.key, passphrase: certificate.passphrase }),
      ...(ciphers !== undefined && { ciphers }),
      ...(curves !== undefined && { ecdhCurve: curves }),
      ...(signatureAlgorithms !== undefined && { sigalgs: signatureAlgorithms }),
      minVersion: config.minVersion,
      maxVersion: config.maxVersion,
    })
    this.#tests = config.names.map(compileNameMatch)
  }

  /**
   * Whether connections are for one host each, because it is part of how they are made or verified.
   *
   * @param secure - Whether callers name hosts by `https:` URLs.
   */
  dependsOnHost(secure: boolean): boolean {
    return secure || this.#config.asksForHost || this.#config.verifiesHost || this.#verifiesNothing
  }

  /**
   * How the connections to an endpoint are secured.
   *
   * @param endpoint - The endpoint.
   * @param request - A request that they are made for.
   */
  securityFor(endpoint: EndpointConfig, request: NamingRequest): ConnectionSecurity {
    const { protocols } = this.#config
    const serverName = this.#serverName(endpoint, request)
    return {
      context: this.#context,
      serverName,
      ...(protocols.length > 0 && { protocols }),
      verify: (certificate) => this.#verify(certificate, serverName, request),
    }
  }

  /** Such a context of authorities of its own believes whoever these vouch for; one of public authorities would believe everybody. */
  get #verifiesNothing(): boolean {
    const { authorities, verifiesServerName } = this.#config
    return authorities.kind === 'system' && this.#tests.length === 0 && !verifiesServerName
  }

  #serverName({ hostname }: EndpointConfig, { host, secure }: NamingRequest): string {
    const { asksForHost, asksForEndpoint, serverName } = this.#config
    // RFC 6066, 3: literal addresses are not permitted.
    const name = isIP(host) === 0 ? host : ''
    if (asksForHost && name !== '') return name
    if (asksForEndpoint && hostname !== '') return hostname
    if (serverName !== '') return serverName
    return secure ? name : ''
  }

  #verify(certificate: PeerCertificate, serverName: string, { host, secure }: NamingRequest): Error | undefined {
    const { verifiesServerName, verifiesHost } = this.#config
    if (verifiesHost) {
      const wrong = checkServerIdentity(host, certificate)
      if (wrong !== undefined) return wrong
    }
    if (verifiesServerName) {
      if (serverName === '')
        return new Error('the server was asked for no name that its certificate could be verified for')
      return checkServerIdentity(serverName, certificate)
    }
    if (this.#tests.length > 0) {
      const names = alternativeNames(certificate)
      if (this.#tests.some((test) => names.some(test))) return undefined
      return new Error(
        `the certificate is for none of the names that are configured, but for ${certificate.subjectaltname}`,
      )
    }
    if (verifiesHost) return undefined
    // Who writes https: means this host, and nobody else whom the same authority vouches for.
    if (secure) return checkServerIdentity(host, certificate)
    return this.#verifiesNothing ? checkServerIdentity(serverName || host, certificate) : undefined
  }
}
