/** The methods that semantic conventions know; others could be anything, and are told apart from them. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])

/** Parameters that hold signatures: their values are not told (OpenTelemetry, semantic conventions, `url.query`). */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Goog-Signature',
  'X-Amz-Signature',
])

/** Attributes of a span under construction. */
export type SpanAttributes = Record<string, string | number | boolean>

/**
 * @param attributes - Extended by the method.
 * @param method - As it was sent.
 * @returns the name of the span as far as the method tells it.
 */
export function tellMethod(attributes: SpanAttributes, method: string): string {
  if (METHODS.has(method)) {
    attributes['http.request.method'] = method
    return method
  }
  attributes['http.request.method'] = '_OTHER'
  attributes['http.request.method_original'] = method
  return 'HTTP'
}

/**
 * @param attributes - Extended by a host and its port, an IP address or a name.
 * @param prefix - `server` or `network.peer`.
 * @param authority - `host:port`, `[address]:port` or `host`.
 */
export function tellAddress(attributes: SpanAttributes, prefix: 'server' | 'network.peer', authority: string): void {
  const colon = authority.lastIndexOf(':')
  const hasPort = colon > authority.lastIndexOf(']')
  const host = hasPort ? authority.slice(0, colon) : authority
  const port = hasPort ? Number(authority.slice(colon + 1)) : Number.NaN
  if (host === '') return
  attributes[`${prefix}.address`] = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (port > 0) attributes[`${prefix}.port`] = port
}

/**
 * @param path - Path and query.
 * @returns the same without the values of signatures.
 */
export function withoutSecrets(path: string): string {
  const question = path.indexOf('?')
  if (question < 0) return path
  let found = false
  const parameters = path
    .slice(question + 1)
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=')
      if (equals < 0 || !SECRET_PARAMETERS.has(parameter.slice(0, equals))) return parameter
      found = true
      return `${parameter.slice(0, equals)}=REDACTED`
    })
  return found ? `${path.slice(0, question)}?${parameters.join('&')}` : path
}
