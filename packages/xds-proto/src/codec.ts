/** Encodes and decodes one message type. Every exported message is one. */
export interface MessageCodec<Message> {
  /** The full proto name, for example `envoy.config.listener.v3.Listener`. */
  readonly $type: string
  /**
   * Writes a message; `finish()` gives its bytes.
   *
   * Every field must be there, as {@link create} and `decode` leave it.
   */
  encode(message: Message): { finish(): Uint8Array }
  /**
   * Reads a message. Fields it does not know are skipped; `bytes` fields are
   * views of the input, so a copy is due before one outlives it.
   *
   * @throws Error when the bytes are not a message.
   */
  decode(bytes: Uint8Array): Message
}

const noBytes = new Uint8Array(0)

/**
 * Makes a message from some of its fields; the others get their proto3 default
 * (`undefined` for messages and wrappers).
 */
export function create<Message extends object>(codec: MessageCodec<Message>, fields: Partial<Message> = {}): Message {
  return Object.assign(codec.decode(noBytes), fields)
}
