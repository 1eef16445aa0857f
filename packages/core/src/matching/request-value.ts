import { type RequestView, schemeOf } from '../call/request-view.js'

/** Reads one value of a request; undefined when it is not there. */
export type RequestValue = (request: RequestView) => string | undefined

/**
 * Reads a header, or a part of the request line by its pseudo name. A gRPC client shows its routes custom metadata and `content-type` only:
 * no pseudo header, and none whose name ends in `-bin` (gRFC A28).
 *
 * @param name - Lower-case name.
 */
export function headerValue(name: string): RequestValue {
  switch (name) {
    case ':method':
      return (request) => (request.view === 'http' ? request.method : undefined)
    case ':path':
      return (request) => (request.view === 'http' ? request.path : undefined)
    case ':scheme':
      return (request) => (request.view === 'http' ? schemeOf(request) : undefined)
    case ':authority':
      return (request) => (request.view === 'http' ? request.authority : undefined)
    case 'host':
      return (request) => (request.view === 'http' ? request.authority : request.header('host'))
  }
  if (name.endsWith('-bin')) return (request) => (request.view === 'http' ? request.header(name) : undefined)
  return (request) => request.header(name)
}

/**
 * Reads the first value of a parameter in the query string; nothing is decoded, as in Envoy.
 *
 * @param name - Name of the parameter.
 */
export function queryValue(name: string): RequestValue {
  return (request) => {
    const { path } = request
    let start = path.indexOf('?')
    if (start < 0) return undefined
    const fragment = path.indexOf('#', start)
    const end = fragment < 0 ? path.length : fragment
    for (start++; start <= end; ) {
      const ampersand = path.indexOf('&', start)
      const stop = ampersand < 0 || ampersand > end ? end : ampersand
      if (path.startsWith(name, start)) {
        const behind = start + name.length
        if (behind === stop) return ''
        if (behind < stop && path.charCodeAt(behind) === EQUALS) return path.slice(behind + 1, stop)
      }
      start = stop + 1
    }
    return undefined
  }
}

/**
 * Reads the first cookie of a name.
 *
 * @param name - Name of the cookie.
 */
export function cookieValue(name: string): RequestValue {
  return (request) => {
    const cookies = request.header('cookie')
    return cookies === undefined ? undefined : findCookie(cookies, name)
  }
}

const EQUALS = 0x3d

/** Several `cookie` headers are joined by a comma, which no cookie may hold (RFC 6265), so both separate. */
function findCookie(cookies: string, name: string): string | undefined {
  for (let start = 0; start < cookies.length; ) {
    const stop = separatorFrom(cookies, start)
    let from = start
    while (cookies.charCodeAt(from) === 0x20) from++
    if (cookies.startsWith(name, from) && cookies.charCodeAt(from + name.length) === EQUALS) {
      const value = cookies.slice(from + name.length + 1, stop).trimEnd()
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
    }
    start = stop + 1
  }
  return undefined
}

function separatorFrom(cookies: string, start: number): number {
  for (let index = start; index < cookies.length; index++) {
    const char = cookies.charCodeAt(index)
    if (char === 0x3b || char === 0x2c) return index
  }
  return cookies.length
}
