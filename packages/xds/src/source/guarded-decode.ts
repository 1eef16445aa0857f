import { finishSlices, type Slices } from '@inmesh/core'
import type { DecodedResource, ResourceOrigin, ResourceType } from '../resource/resource-type.js'

/**
 * Decodes a resource in slices. A decoder that throws has a defect; the resource counts as malformed then, since what a control plane
 * sends must never end the process.
 *
 * @param type - Its type.
 * @param bytes - The serialized message.
 * @param previous - What the copy in use means, if there is one.
 * @param origin - Where it comes from.
 */
export function* guardedSlices<T>(
  type: ResourceType<T>,
  bytes: Uint8Array,
  previous: T | undefined,
  origin: ResourceOrigin,
): Slices<DecodedResource<T>> {
  try {
    if (type.decodeSlices !== undefined) return yield* type.decodeSlices(bytes, previous)
    return type.decode(bytes, previous, origin)
  } catch (error) {
    const message = `cannot be decoded: ${error instanceof Error ? error.message : error}`
    return { kind: 'malformed', name: '', errors: [{ field: '', message }] }
  }
}

/** Decodes a resource in one go. */
export function guardedDecode<T>(
  type: ResourceType<T>,
  bytes: Uint8Array,
  previous: T | undefined,
  origin: ResourceOrigin,
): DecodedResource<T> {
  return finishSlices(guardedSlices(type, bytes, previous, origin))
}
