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

/** Wire types of Protocol Buffers. */
const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

/**
 * Reads a serialized xds.data.orca.v3.OrcaLoadReport. One small message does not pay for the messages of xDS being loaded.
 *
 * @param bytes - The message.
 * @returns undefined when it is none.
 */
export function decodeLoadReport(bytes: Uint8Array): EndpointLoadReport | undefined {
  try {
    const report = new EndpointLoadReportBuilder()
    const reader = new Reader(bytes)
    while (!reader.done) {
      const tag = reader.varint()
      const field = tag >>> 3
      const wire = tag & 7
      const double = DOUBLES.get(field)
      const map = MAPS.get(field)
      if (double !== undefined && wire === FIXED64) report.take(double, reader.double())
      else if (map !== undefined && wire === DELIMITED) readEntry(reader.message(), report.map(map)!)
      else reader.skip(wire)
    }
    return report
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readEntry(reader: Reader, into: Map<string, number>): void {
  let key = ''
  let value = 0
  while (!reader.done) {
    const tag = reader.varint()
    if (tag === ((1 << 3) | DELIMITED)) key = reader.text()
    else if (tag === ((2 << 3) | FIXED64)) value = reader.double()
    else reader.skip(tag & 7)
  }
  into.set(key, value)
}

/** Every method throws a RangeError at the end of the bytes. */
class Reader {
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.#position === this.#view.byteLength
  }

  /** Modulo 2^32. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#view.getUint8(this.#position++)
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a number is too long')
  }

  double(): number {
    const value = this.#view.getFloat64(this.#position, true)
    this.#position += 8
    return value
  }

  text(): string {
    return new TextDecoder().decode(this.#delimited())
  }

  message(): Reader {
    return new Reader(this.#delimited())
  }

  skip(wire: number): void {
    if (wire === VARINT) this.varint()
    else if (wire === FIXED64) this.#forward(8)
    else if (wire === DELIMITED) this.#delimited()
    else if (wire === FIXED32) this.#forward(4)
    else throw new RangeError('a wire type is not known')
  }

  #delimited(): Uint8Array {
    const length = this.varint()
    const start = this.#position
    this.#forward(length)
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length)
  }

  #forward(length: number): void {
    this.#position += length
    if (this.#position > this.#view.byteLength) throw new RangeError('the message is cut off')
  }
}
