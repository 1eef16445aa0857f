import { rootCodecs } from '../gen/ts/codecs.js'
import type { Any } from '../gen/ts/google/protobuf/any.js'
import type { MessageCodec } from './codec.js'
import { typeUrlOf } from './type-url.js'

/** The codecs of all messages that have a constant in `TypeUrl`, by type URL. */
export const messageTypes: ReadonlyMap<string, MessageCodec<unknown>> = new Map(
  rootCodecs.map((codec) => [typeUrlOf(codec), codec]),
)

/**
 * Decodes what an `Any` holds, by its type URL.
 *
 * @returns the message, or undefined when the type is not in {@link messageTypes}.
 * @throws Error when the bytes are not a message.
 */
export function decodeAny(any: Any): unknown {
  return messageTypes.get(any.typeUrl)?.decode(any.value)
}
