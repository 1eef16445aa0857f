import { TypeUrl as generated } from '../gen/ts/type-urls.js'
import type { MessageCodec } from './codec.js'

const prefix = 'type.googleapis.com/'

/**
 * The type URLs of resources, extension configurations and call messages, by
 * the exported name of the message: `TypeUrl.Listener`.
 */
export const TypeUrl = generated

/** One of the type URLs this package knows. */
export type TypeUrl = (typeof TypeUrl)[keyof typeof TypeUrl]

/** The type URL of a message: `type.googleapis.com/` and its full name. */
export function typeUrlOf(codec: Pick<MessageCodec<never>, '$type'>): string {
  return prefix + codec.$type
}

/** The full message name in a type URL: what follows its last slash. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}
