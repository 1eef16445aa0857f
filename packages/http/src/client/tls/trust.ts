import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, type SecureContext } from 'node:tls'
import { MeshError } from '@inmesh/core'
import type { ConnectionSecurity } from './connection-security.js'

/** Certificates of authorities, in PEM: what node's `ca` takes. */
export type AuthorityCertificates = string | Buffer | readonly (string | Buffer)[]

/** Older versions are broken (RFC 8996), whatever Node is told by its command line. */
const MIN_VERSION = 'TLSv1.2'

/** How servers are verified that a client names in an `https:` URL: by which authorities, and always for the name in the URL. */
export class Trust {
  /** Tells the connections that it verified from those of another. */
  readonly key: string
  readonly #authorities: AuthorityCertificates | undefined
  #context: SecureContext | undefined

  /**
   * @param key - See {@link Trust.key}; of one dispatcher no two have the same.
   * @param authorities - Take the place of those that the process trusts: Node's, or the system's with `--use-openssl-ca` and the like, and
   * those of NODE_EXTRA_CA_CERTS.
   */
  constructor(key: string, authorities?: AuthorityCertificates) {
    this.key = key
    this.#authorities = authorities
    // What the caller gave is found wrong here, and not by the first call.
    if (authorities !== undefined) this.#context = contextOf(authorities)
  }

  /** Whether it has authorities of its own. */
  get own(): boolean {
    return this.#authorities !== undefined
  }

  /**
   * How connections are secured whose server is to be verified for a name.
   *
   * @param name - Host name, or IP literal without brackets.
   */
  securityFor(name: string): ConnectionSecurity {
    this.#context ??= contextOf(this.#authorities)
    return {
      context: this.#context,
      // RFC 6066, 3: literal addresses are not permitted.
      serverName: isIP(name) === 0 ? name : '',
      verify: (certificate) => checkServerIdentity(name, certificate),
    }
  }
}

/** Node takes a text without any certificate for one that says nothing, and an empty one for its own authorities. */
function contextOf(authorities: AuthorityCertificates | undefined): SecureContext {
  if (authorities === undefined) return createSecureContext({ minVersion: MIN_VERSION })
  const texts = typeof authorities === 'string' || Buffer.isBuffer(authorities) ? [authorities] : [...authorities]
  try {
    if (texts.length === 0) throw new TypeError('there is none')
    for (const text of texts) new X509Certificate(text)
    return createSecureContext({ minVersion: MIN_VERSION, ca: texts })
  } catch (cause) {
    const message = `the option ca must be one or more certificates in PEM: ${(cause as Error).message}`
    throw new MeshError('ERR_INMESH_OPTIONS', message, { cause, place: { field: 'ca' } })
  }
}
