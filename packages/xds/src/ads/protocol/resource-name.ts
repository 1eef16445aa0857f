import { bufferOver, WIRE, WireCursor } from '@inmesh/core'
import { canonicalName } from '../../resource/xdstp-name.js'

/** Tag of the name in every xDS resource: `name`, in a ClusterLoadAssignment `cluster_name`. */
const NAME_TAG = (1 << 3) | WIRE.delimited

/**
 * Reads the name of a serialized resource without decoding the rest, so that a resource that did not change, or that nobody asked for,
 * costs no more than this. The first name counts, which stands in front: what is behind it is not looked at.
 *
 * @returns the name in its canonical form; undefined where there is none before the bytes end, or cease to be a message.
 */
export function peekResourceName(bytes: Uint8Array): string | undefined {
  const cursor = new WireCursor(bufferOver(bytes))
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    if (tag === NAME_TAG) {
      const name = cursor.text(cursor.enter())
      return cursor.isBroken ? undefined : canonicalName(name)
    }
    cursor.skip(tag % 8)
  }
  return undefined
}
