import type { ChannelCredentialsConfig } from './channel-credentials.js'
import type { JsonField } from './json-field.js'

/** A bearer token that is read from a file, such as a service account token of Kubernetes (gRFC A97). */
export interface JwtTokenFileCredentials {
  /** Tag of the union. */
  readonly type: 'jwt_token_file'
  /** The file; whoever rotates the token replaces it. */
  readonly file: string
}

/** What goes with every call to a control plane. */
export type CallCredentialsConfig = JwtTokenFileCredentials

/**
 * Reads the call credentials of a server. All supported ones are used, unlike channel credentials; unknown types are passed over (gRFC
 * A97).
 */
export function parseCallCredentials(
  list: JsonField,
  channel: ChannelCredentialsConfig,
): readonly CallCredentialsConfig[] {
  const supported: CallCredentialsConfig[] = []
  for (const entry of list.elements()) {
    const type = entry.member('type').requiredString()
    if (type !== 'jwt_token_file') continue
    if (channel.type === 'insecure') {
      entry.fail('is a token, which would go over the network in plaintext; use channel_creds of type tls with it')
    }
    supported.push({ type, file: entry.member('config').member('jwt_token_file').requiredString() })
  }
  return supported
}
