import type { Any } from '../gen/ts/google/protobuf/any.js'
import type { MessageCodec } from './codec.js'
import { typeUrlOf } from './type-url.js'

/**
 * Decodes what an `Any` holds as one type.
 *
 * @returns the message, or undefined when the `Any` holds another type.
 * @throws Error when the bytes are not a message.
 */
export function unpackAny<Message>(codec: MessageCodec<Message>, any: Any): Message | undefined {
  return any.typeUrl === typeUrlOf(codec) ? codec.decode(any.value) : undefined
}

/** Puts a message into an `Any`. */
export function anyOf<Message>(codec: MessageCodec<Message>, message: Message): Any {
  return { typeUrl: typeUrlOf(codec), value: codec.encode(message).finish() }
}
