import type { JsonField } from './json-field.js'

/** How the connection to a control plane is secured. */
export interface ChannelCredentialsConfig {
  /** `insecure`: plaintext, for loopback, unix sockets and networks that are protected otherwise. */
  readonly type: 'insecure'
}

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
        return entry.fail(
          'asks for tls, which this version cannot do yet; reach the control plane over a unix socket or loopback with insecure',
        )
      case 'google_default':
        return entry.fail(
          'asks for google_default, which needs credentials of Google Cloud; put an insecure or tls entry before it',
        )
    }
  }
  const types = entries.map((entry) => entry.member('type').string(''))
  return list.fail(`has no type that is supported (insecure), only ${types.join(', ')}`)
}
