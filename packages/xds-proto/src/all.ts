/**
 * Every xDS v3 message that the whole mesh needs, beside those of the main
 * entry, and the registry of them by type URL.
 *
 * @packageDocumentation
 */

export * from '../gen/ts/messages.js'
export { anyOf, unpackAny } from './any.js'
export { create, type MessageCodec } from './codec.js'
export { durationFromMilliseconds, durationToMilliseconds } from './duration.js'
export { enumName } from './enum-name.js'
export { decodeAny, messageTypes } from './registry.js'
export { TypeUrl, typeNameOf, typeUrlOf } from './type-url.js'
