import { ClusterLoadAssignment, LocalityLbEndpoints } from '@inmesh/xds-proto'
import { bufferOver, WIRE, WireCursor } from '../../wire/wire-cursor.js'

/** Tag of `ClusterLoadAssignment.endpoints`. */
const LOCALITY_TAG = (2 << 3) | WIRE.delimited

/** Tag of `LocalityLbEndpoints.lb_endpoints`. */
export const LB_ENDPOINT_TAG = (2 << 3) | WIRE.delimited

/** One locality of a serialized assignment. */
export interface SerializedLocality {
  /** Its message without `lb_endpoints`. */
  readonly message: LocalityLbEndpoints
  /** Where the whole of it begins. */
  readonly start: number
  /** Where it ends. */
  readonly end: number
}

/** An assignment of which all is decoded but the endpoints, which are most of it. */
export interface SerializedAssignment {
  /** What it stands in. */
  readonly bytes: Buffer
  /** Its message without `endpoints`. */
  readonly message: ClusterLoadAssignment
  /** Its localities in their order. */
  readonly localities: readonly SerializedLocality[]
}

/**
 * Opens a serialized assignment.
 *
 * @param bytes - A ClusterLoadAssignment.
 * @throws Error when they are no message.
 */
export function openAssignment(bytes: Uint8Array): SerializedAssignment {
  const buffer = bufferOver(bytes)
  const localities: SerializedLocality[] = []
  const rest = without(buffer, 0, buffer.length, LOCALITY_TAG, (start, end) => {
    const message = LocalityLbEndpoints.decode(without(buffer, start, end, LB_ENDPOINT_TAG))
    localities.push({ message, start, end })
  })
  return { bytes: buffer, message: ClusterLoadAssignment.decode(rest), localities }
}

/** A message without the fields of one tag; `found` is told where each of them stands. */
function without(
  bytes: Buffer,
  start: number,
  end: number,
  tag: number,
  found?: (start: number, end: number) => void,
): Buffer {
  const cursor = new WireCursor(bytes, start, end)
  const rest: Buffer[] = []
  let restStart = start
  while (!cursor.isAtEnd) {
    const fieldStart = cursor.position
    const fieldTag = cursor.varint()
    if (fieldTag === tag) {
      if (fieldStart > restStart) rest.push(bytes.subarray(restStart, fieldStart))
      const fieldEnd = cursor.enter()
      found?.(cursor.position, fieldEnd)
      cursor.position = fieldEnd
      restStart = fieldEnd
    } else {
      cursor.skip(fieldTag & 7)
    }
    if (cursor.isBroken) throw new Error(`the field at byte ${fieldStart} is cut off or of an unknown kind`)
  }
  if (end > restStart) rest.push(bytes.subarray(restStart, end))
  return Buffer.concat(rest)
}
