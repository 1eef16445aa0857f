import type { DecodedResource, ResourceType } from '../resource/resource-type.js'

/**
 * Decodes a resource. A decoder that throws has a defect; the resource counts as malformed then, since what a control plane sends must
 * never end the process.
 */
export function guardedDecode<T>(type: ResourceType<T>, bytes: Uint8Array): DecodedResource<T> {
  try {
    return type.decode(bytes)
  } catch (error) {
    const message = `cannot be decoded: ${error instanceof Error ? error.message : error}`
    return { kind: 'malformed', name: '', errors: [{ field: '', message }] }
  }
}
