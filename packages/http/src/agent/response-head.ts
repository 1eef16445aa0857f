import { STATUS_CODES } from 'node:http'
import type { RawHeaders } from '../client/legacy-handler.js'
import { readRawHeader } from '../client/raw-response.js'
import { isHopHeader, namedByConnection } from './hop-headers.js'

/**
 * The headers of a response as node's server takes them: as they came, without those about the connection that they came over.
 *
 * @param status - HTTP status.
 * @param raw - As undici gives them.
 * @returns names and values in turn.
 */
export function responseHeaders(status: number, raw: RawHeaders): string[] {
  const named = namedByConnection(readRawHeader(raw, 'connection') ?? 'close')
  // RFC 9112, 6.1: these end with their head, and node closes the connection over one that says something else.
  const bodiless = status === 204 || status === 304
  const headers: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1')
    const lower = name.toLowerCase()
    if (isHopHeader(lower, named)) continue
    if (bodiless && lower === 'transfer-encoding') continue
    // Node throws where trailers are announced that the framing of the body leaves no place for.
    if (lower === 'trailer' && (bodiless || readRawHeader(raw, 'transfer-encoding') === undefined)) continue
    headers.push(name, raw[index + 1]!.toString('latin1'))
  }
  return headers
}

/**
 * The whole head of a response that is written as it came: one that informs, or one after which the connection speaks another protocol.
 *
 * @param status - HTTP status.
 * @param raw - As undici gives them.
 * @param text - Reason phrase; default that of the status.
 */
export function responseHead(status: number, raw: RawHeaders, text = STATUS_CODES[status] ?? ''): string {
  let head = `HTTP/1.1 ${status} ${text}\r\n`
  for (const [name, value] of headerPairs(raw)) head += `${name}: ${value}\r\n`
  return `${head}\r\n`
}

/**
 * @param raw - Headers or trailers as undici gives them.
 * @returns pairs of name and value.
 */
export function headerPairs(raw: RawHeaders): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    pairs.push([raw[index]!.toString('latin1'), raw[index + 1]!.toString('latin1')])
  }
  return pairs
}
