/**
 * The xDS v3 messages: types and codecs generated at build from the packaged
 * .proto files and this package's overlay. A message is both a type and a codec
 * of the same name; a nested message is `Outer_Inner`.
 *
 * @packageDocumentation
 */

export * from '../gen/ts/messages.js'
export { anyOf, decodeAny, messageTypes, unpackAny } from './any.js'
export { create, type MessageCodec } from './codec.js'
export { durationFromMilliseconds, durationToMilliseconds } from './duration.js'
export { enumName } from './enum-name.js'
export { TypeUrl, typeNameOf, typeUrlOf } from './type-url.js'
