import { bufferOver, finishSlices, type Slices, WIRE, WireCursor } from '@inmesh/core'
import { ClusterLoadAssignment, LocalityLbEndpoints } from '@inmesh/xds-proto'
import { STEP_BYTES } from '../../wire/step-bytes.js'

/** Tag of `ClusterLoadAssignment.endpoints`. */
const LOCALITY_TAG = (2 << 3) | WIRE.delimited

/** Tag of `LocalityLbEndpoints.lb_endpoints`. */
const LB_ENDPOINT_TAG = (2 << 3) | WIRE.delimited

/** Where messages stand, one behind the other. In two lists, as there are thousands. */
export interface WireRanges {
  /** Where each begins. */
  readonly starts: number[]
  /** Where each ends. */
  readonly ends: number[]
}

/** One locality of a serialized assignment. */
export interface SerializedLocality {
  /** Its message without `lb_endpoints`. */
  readonly message: LocalityLbEndpoints
  /** Index of its first endpoint among those of the assignment. */
  readonly first: number
  /** Index behind its last endpoint. */
  readonly behind: number
}

/** The localities of a serialized assignment. */
export interface SerializedLocalities {
  /** In their order. */
  readonly localities: readonly SerializedLocality[]
  /** The endpoints of all of them. */
  readonly endpoints: WireRanges
}

/** An assignment of which all is decoded but its localities, which are nearly the whole of it. */
export interface SerializedAssignment {
  /** What it stands in. */
  readonly bytes: Buffer
  /** Its message without `endpoints`. */
  readonly message: ClusterLoadAssignment
  /** Its localities. */
  readonly localities: WireRanges
}

/**
 * Opens a serialized assignment.
 *
 * @param bytes - A ClusterLoadAssignment.
 * @throws Error when they are no message.
 */
export function openAssignment(bytes: Uint8Array): SerializedAssignment {
  const buffer = bufferOver(bytes)
  const localities: WireRanges = { starts: [], ends: [] }
  const rest = finishSlices(without(buffer, 0, buffer.length, LOCALITY_TAG, localities))
  return { bytes: buffer, message: ClusterLoadAssignment.decode(rest), localities }
}

/**
 * Opens the localities of an assignment.
 *
 * @param assignment - The assignment.
 * @throws Error when one of them is no message.
 */
export function* openLocalities({ bytes, localities }: SerializedAssignment): Slices<SerializedLocalities> {
  const opened: SerializedLocality[] = []
  const endpoints: WireRanges = { starts: [], ends: [] }
  for (const [index, start] of localities.starts.entries()) {
    const first = endpoints.starts.length
    const rest = yield* without(bytes, start, localities.ends[index]!, LB_ENDPOINT_TAG, endpoints)
    opened.push({ message: LocalityLbEndpoints.decode(rest), first, behind: endpoints.starts.length })
  }
  return { localities: opened, endpoints }
}

/** A message without the fields of one tag, whose places are added to `found`. */
function* without(bytes: Buffer, start: number, end: number, tag: number, found: WireRanges): Slices<Buffer> {
  const cursor = new WireCursor(bytes, start, end)
  const rest: Buffer[] = []
  let yieldedAt = start
  while (!cursor.isAtEnd) {
    const fieldStart = cursor.position
    if (fieldStart - yieldedAt > STEP_BYTES) {
      yieldedAt = fieldStart
      yield
    }
    findRow(bytes, cursor, tag, found)
    if (cursor.position > fieldStart) continue
    cursor.skip(cursor.varint() & 7)
    if (cursor.isBroken) throw brokenAt(fieldStart)
    rest.push(bytes.subarray(fieldStart, cursor.position))
  }
  return Buffer.concat(rest)
}

/**
 * Goes behind the fields of one tag that stand in a row, no more than fit into a step. A function of its own, as that is quickly compiled,
 * and a generator is not.
 *
 * @param tag - Of one byte.
 */
function findRow(bytes: Buffer, cursor: WireCursor, tag: number, { starts, ends }: WireRanges): void {
  const limit = Math.min(cursor.end, cursor.position + STEP_BYTES)
  while (cursor.position < limit && bytes[cursor.position] === tag) {
    const fieldStart = cursor.position++
    const end = cursor.enter()
    if (cursor.isBroken) throw brokenAt(fieldStart)
    starts.push(cursor.position)
    ends.push(end)
    cursor.position = end
  }
}

function brokenAt(position: number): Error {
  return new Error(`the field at byte ${position} is cut off or of an unknown kind`)
}
