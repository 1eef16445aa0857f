import type { IncomingHttpHeaders } from 'node:http2'
import type { RawHeaders } from '../legacy-handler.js'

/**
 * @param headers - As node:http2 gives them.
 * @returns the same as undici gives them, without what is no header.
 */
export function rawHeaders(headers: IncomingHttpHeaders): RawHeaders {
  const raw: RawHeaders = []
  for (const name in headers) {
    if (name.charCodeAt(0) === 0x3a) continue
    const value = headers[name]!
    if (typeof value === 'string') raw.push(Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'))
    else for (const item of value) raw.push(Buffer.from(name, 'latin1'), Buffer.from(item, 'latin1'))
  }
  return raw
}
