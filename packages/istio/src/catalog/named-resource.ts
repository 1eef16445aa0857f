import { createHash } from 'node:crypto'

/** A serialized resource as a data plane asks for it. The same content is the same object, for as long as the content stays the same. */
export interface NamedResource {
  /** Full type URL. */
  readonly typeUrl: string
  /** Name. */
  readonly name: string
  /** The serialized message. */
  readonly bytes: Uint8Array
  /** Hash of the content: two resources of one type and name are equal when their versions are. */
  readonly version: string
}

const versionLength = 16

/**
 * @param typeUrl - Full type URL.
 * @param name - Name.
 * @param bytes - The serialized message.
 */
export function namedResource(typeUrl: string, name: string, bytes: Uint8Array): NamedResource {
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, versionLength)
  return { typeUrl, name, bytes, version }
}
