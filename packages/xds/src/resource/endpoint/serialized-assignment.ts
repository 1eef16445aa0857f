import { bufferOver, finishSlices, type Slices, WIRE, WireCursor } from '@inmesh/core'
import { ClusterLoadAssignment, LocalityLbEndpoints } from '@inmesh/xds-proto'
import { STEP_BYTES } from '../../wire/step-bytes.js'

/** Tag of `ClusterLoadAssignment.endpoints`. */
const LOCALITY_TAG = (2 << 3) | WIRE.delimited

/** Tag of `LocalityLbEndpoints.lb_endpoints`. */
export const LB_ENDPOINT_TAG = (2 << 3) | WIRE.delimited

/** Where a message stands. */
export interface WireRange {
  /** Where it begins. */
  readonly start: number
  /** Where it ends. */
  readonly end: number
}

/** One locality of a serialized assignment. */
export interface SerializedLocality extends WireRange {
  /** Its message without `lb_endpoints`. */
  readonly message: LocalityLbEndpoints
}

/** An assignment of which all is decoded but its localities, which are nearly the whole of it. */
export interface SerializedAssignment {
  /** What it stands in. */
  readonly bytes: Buffer
  /** Its message without `endpoints`. */
  readonly message: ClusterLoadAssignment
  /** Its localities in their order. */
  readonly localities: readonly WireRange[]
}

/**
 * Opens a serialized assignment.
 *
 * @param bytes - A ClusterLoadAssignment.
 * @throws Error when they are no message.
 */
export function openAssignment(bytes: Uint8Array): SerializedAssignment {
  const buffer = bufferOver(bytes)
  const localities: WireRange[] = []
  const found = (start: number, end: number): void => void localities.push({ start, end })
  const rest = finishSlices(without(buffer, { start: 0, end: buffer.length }, LOCALITY_TAG, found))
  return { bytes: buffer, message: ClusterLoadAssignment.decode(rest), localities }
}

/**
 * Opens the localities of an assignment.
 *
 * @param assignment - The assignment.
 * @throws Error when one of them is no message.
 */
export function* openLocalities({ bytes, localities }: SerializedAssignment): Slices<readonly SerializedLocality[]> {
  const opened: SerializedLocality[] = []
  for (const range of localities) {
    const rest = yield* without(bytes, range, LB_ENDPOINT_TAG)
    opened.push({ message: LocalityLbEndpoints.decode(rest), ...range })
  }
  return opened
}

/** A message without the fields of one tag; `found` is told where each of them stands. */
function* without(
  bytes: Buffer,
  { start, end }: WireRange,
  tag: number,
  found?: (start: number, end: number) => void,
): Slices<Buffer> {
  const cursor = new WireCursor(bytes, start, end)
  const rest: Buffer[] = []
  let restStart = start
  let yieldedAt = start
  while (!cursor.isAtEnd) {
    const fieldStart = cursor.position
    if (fieldStart - yieldedAt > STEP_BYTES) {
      yieldedAt = fieldStart
      yield
    }
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
