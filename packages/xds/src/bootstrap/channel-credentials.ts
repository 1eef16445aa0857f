import { type CertificateFiles, parseCertificateFiles } from './certificate-files.js'
import type { JsonField } from './json-field.js'

/** Plaintext, for loopback, unix sockets and networks that are protected otherwise. */
export interface InsecureChannelCredentials {
  /** Tag of the union. */
  readonly type: 'insecure'
}

/** TLS, the server's certificate verified against its name (gRFC A65). */
export interface TlsChannelCredentials {
  /** Tag of the union. */
  readonly type: 'tls'
  /** Whom to trust and what to present. */
  readonly files: CertificateFiles
}

/** How the connection to a control plane is secured. */
export type ChannelCredentialsConfig = InsecureChannelCredentials | TlsChannelCredentials

/**
 * Picks the channel credentials of a server: the first entry of a type that gRPC defines (gRFC A27). An entry whose type is unknown is
 * passed over; one that is known but cannot be carried out is an error, since going on to a later `insecure` would drop a protection
 * that every other gRPC client of the same file has.
 */
export function chooseChannelCredentials(list: JsonField): ChannelCredentialsConfig {
  const entries = list.elements()
  if (entries.length === 0) list.fail(list.isAbsent ? 'is missing' : 'is empty')
  for (const entry of entries) {
    const type = entry.member('type').requiredString()
    switch (type) {
      case 'insecure':
        return { type }
      case 'tls':
        return { type, files: parseCertificateFiles(entry.member('config')) }
      case 'google_default':
        return entry.fail(
          'asks for google_default, which needs credentials of Google Cloud; put an insecure or tls entry before it',
        )
    }
  }
  const types = entries.map((entry) => entry.member('type').string(''))
  return list.fail(`has no type that is supported (insecure, tls), only ${types.join(', ')}`)
}
