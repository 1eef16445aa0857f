import type { IncomingMessage } from 'node:http'
import { isHopHeader, namedByConnection } from './hop-headers.js'

/**
 * The headers of a request as undici takes them: without those about the connection that it came over, and without what undici writes itself.
 *
 * @param request - A request of node's client.
 * @param authority - What undici writes as `host` unless it is told otherwise.
 * @param bodied - Whether there is a body; undici knows best how long none is.
 * @returns names and values in turn.
 */
export function requestHeaders(request: IncomingMessage, authority: string, bodied: boolean): string[] {
  const named = namedByConnection(request.headers.connection ?? 'close')
  const raw = request.rawHeaders
  const headers: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!
    const value = raw[index + 1]!
    if (!isLeftOut(name.toLowerCase(), value, authority, bodied, named)) headers.push(name, value)
  }
  return headers
}

function isLeftOut(name: string, value: string, authority: string, bodied: boolean, named: readonly string[]): boolean {
  switch (name.length) {
    case 4:
      return name === 'host' && value === authority
    case 6:
      if (name === 'expect') return true
      break
    case 14:
      if (name === 'content-length') return !bodied
      break
    case 17:
      if (name === 'transfer-encoding') return true
  }
  return isHopHeader(name, named)
}
