import type { ResponseView } from '../call/response-view.js'
import type { EndpointLoadReport } from './endpoint-load-report.js'
import { EndpointLoadReportBuilder } from './endpoint-load-report-builder.js'
import { decodeLoadReport } from './endpoint-load-report-bytes.js'

/** Header of a response in which an endpoint tells how it is doing, in the format that its first word names (Envoy, gRFC A51). */
export const LOAD_METRICS_HEADER = 'endpoint-load-metrics'
/** The same as a serialized message in base64; in gRPC a trailer (gRFC A51). */
export const LOAD_METRICS_BIN_HEADER = 'endpoint-load-metrics-bin'

/** A report is a few numbers; a longer one is not worth the time that it takes. */
const LONGEST = 8192

/**
 * Reads the report that a response carries.
 *
 * @param response - Head of the response.
 * @returns undefined when it carries none that can be read.
 */
export function readLoadReport(response: ResponseView): EndpointLoadReport | undefined {
  const text = response.header(LOAD_METRICS_HEADER)
  if (text !== undefined) return parseLoadMetrics(text)
  const binary = response.header(LOAD_METRICS_BIN_HEADER)
  return binary === undefined ? undefined : parseBinaryLoadMetrics(binary)
}

/**
 * Reads the value of {@link LOAD_METRICS_HEADER}: `TEXT cpu_utilization=0.3,rps_fractional=120` (`:` does as well), `JSON {...}` in proto-JSON,
 * or `BIN ...` in base64. Without a first word that is known it is read as text, as older Envoys wrote it.
 *
 * @param value - Value of the header.
 * @returns undefined when it is no report.
 */
export function parseLoadMetrics(value: string): EndpointLoadReport | undefined {
  if (value.length > LONGEST) return undefined
  if (value.startsWith('JSON ')) return fromJson(value.slice(5))
  if (value.startsWith('BIN ')) return parseBinaryLoadMetrics(value.slice(4))
  return fromText(value.startsWith('TEXT ') ? value.slice(5) : value)
}

/**
 * Reads the value of {@link LOAD_METRICS_BIN_HEADER}.
 *
 * @param value - Base64.
 * @returns undefined when it is no report.
 */
export function parseBinaryLoadMetrics(value: string): EndpointLoadReport | undefined {
  if (value.length > LONGEST) return undefined
  try {
    return decodeLoadReport(Uint8Array.from(atob(value), (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
}

function fromText(text: string): EndpointLoadReport | undefined {
  const report = new EndpointLoadReportBuilder()
  for (const entry of text.split(',')) {
    const end = entry.search(/[=:]/)
    if (end < 0) return undefined
    const value = entry.slice(end + 1).trim()
    const number = Number(value)
    // A name that is not known, as of a newer endpoint, is passed over.
    if (value === '' || !Number.isFinite(number)) return undefined
    report.take(entry.slice(0, end).trim(), number)
  }
  return report
}

function fromJson(text: string): EndpointLoadReport | undefined {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  const report = new EndpointLoadReportBuilder()
  for (const [key, value] of Object.entries(message as Record<string, unknown>)) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const map = report.map(name)
    if (typeof value === 'number') report.take(name, value)
    else if (map !== undefined && typeof value === 'object' && value !== null) {
      for (const [metric, number] of Object.entries(value as Record<string, unknown>)) {
        if (typeof number === 'number') map.set(metric, number)
      }
    }
  }
  return report
}
