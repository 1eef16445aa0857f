import { canonicalName } from '../../resource/xdstp-name.js'
import { bufferOver, WIRE, WireCursor } from '../../wire/wire-cursor.js'

/** Tag of the name in every xDS resource: `name`, in a ClusterLoadAssignment `cluster_name`. */
const NAME_TAG = (1 << 3) | WIRE.delimited

/**
 * Reads the name of a serialized resource without decoding the rest, so that a resource that did not change, or that nobody asked for,
 * costs no more than this.
 *
 * @returns the name in its canonical form; undefined when the bytes are no message, or have no name.
 */
export function peekResourceName(bytes: Uint8Array): string | undefined {
  const cursor = new WireCursor(bufferOver(bytes))
  let name: string | undefined
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    if (tag === NAME_TAG) name = cursor.text(cursor.enter())
    else cursor.skip(tag % 8)
    if (cursor.isBroken) return undefined
  }
  return name === undefined ? undefined : canonicalName(name)
}
