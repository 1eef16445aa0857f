import { bufferOver, tagOf, WIRE, WireCursor } from '../protobuf/wire-cursor.js'
import type { EndpointLoadReport } from './endpoint-load-report.js'
import { EndpointLoadReportBuilder } from './endpoint-load-report-builder.js'

/** Field numbers of xds.data.orca.v3.OrcaLoadReport. */
const DOUBLES: ReadonlyMap<number, string> = new Map([
  [1, 'cpu_utilization'],
  [2, 'mem_utilization'],
  [6, 'rps_fractional'],
  [7, 'eps'],
  [9, 'application_utilization'],
])
const MAPS: ReadonlyMap<number, string> = new Map([
  [4, 'request_cost'],
  [5, 'utilization'],
  [8, 'named_metrics'],
])

const KEY_TAG = tagOf(1, WIRE.delimited)
const VALUE_TAG = tagOf(2, WIRE.fixed64)

/**
 * Reads a serialized xds.data.orca.v3.OrcaLoadReport. One small message does not pay for the messages of xDS being loaded.
 *
 * @param bytes - The message.
 * @returns undefined when it is none.
 */
export function decodeLoadReport(bytes: Uint8Array): EndpointLoadReport | undefined {
  const report = new EndpointLoadReportBuilder()
  const cursor = new WireCursor(bufferOver(bytes))
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    const field = Math.floor(tag / 8)
    const wire = tag % 8
    const double = DOUBLES.get(field)
    const map = MAPS.get(field)
    if (double !== undefined && wire === WIRE.fixed64) report.take(double, cursor.double())
    else if (map === undefined || wire !== WIRE.delimited) cursor.skip(wire)
    else if (!readEntry(cursor.message(), report.map(map)!)) return undefined
  }
  return cursor.isBroken ? undefined : report
}

/** Whether it is an entry of a map, which it adds then. */
function readEntry(cursor: WireCursor, into: Map<string, number>): boolean {
  let key = ''
  let value = 0
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    if (tag === KEY_TAG) key = cursor.text(cursor.enter())
    else if (tag === VALUE_TAG) value = cursor.double()
    else cursor.skip(tag % 8)
  }
  if (!cursor.isBroken) into.set(key, value)
  return !cursor.isBroken
}
