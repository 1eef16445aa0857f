import type { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import type { Clock, Logger } from '@inmesh/core'
import type { ServerConfig } from '../bootstrap/bootstrap.js'
import { withoutAddressAsName } from './address-server-name.js'
import { CertificateStore } from './certificate-store.js'
import { readJwtToken } from './jwt-token-file.js'

type Grpc = typeof import('@grpc/grpc-js')

/** Makes the credentials of connections to one server, as its bootstrap entry asks for them. */
export class ChannelSecurity {
  readonly #server: ServerConfig
  readonly #certificates: CertificateStore | undefined

  /**
   * @param server - The server.
   * @param clock - Times the refresh of files.
   * @param logger - Told of files that cannot be used.
   */
  constructor(server: ServerConfig, clock: Clock, logger: Logger) {
    this.#server = server
    const { credentials } = server
    if (credentials.type === 'tls') this.#certificates = new CertificateStore(credentials.files, clock, logger)
  }

  /**
   * The credentials for a new connection.
   *
   * @throws Error saying which file cannot be used.
   */
  async credentials(grpc: Grpc): Promise<ChannelCredentials> {
    if (this.#certificates === undefined) return grpc.credentials.createInsecure()
    const context = await this.#certificates.context()
    // Said in so many words, NODE_TLS_REJECT_UNAUTHORIZED=0 does not count.
    const secure = grpc.ChannelCredentials.createFromSecureContext(context, { rejectUnauthorized: true })
    let credentials = withoutAddressAsName(secure)
    for (const { file } of this.#server.callCredentials) credentials = credentials.compose(bearerToken(grpc, file))
    return credentials
  }

  /** Watches no files any more. */
  close(): void {
    this.#certificates?.close()
  }
}

function bearerToken(grpc: Grpc, file: string): CallCredentials {
  return grpc.credentials.createFromMetadataGenerator((_call, done) => {
    readJwtToken(file).then(
      (token) => {
        const metadata = new grpc.Metadata()
        metadata.set('authorization', `Bearer ${token}`)
        done(null, metadata)
      },
      (error: Error) => done(error),
    )
  })
}
