import type { IncomingMessage } from 'node:http'

/** Every header that Envoy's documentation reserves for proxies begins so: deadline, retry policy, fault injection, overrides. */
const ENVOY_PREFIX = 'x-envoy-'

/** Headers by which a peer speaks for someone else. Names are in lower case, as Node delivers them. */
const FORWARDED = new Set(['x-forwarded-for', 'x-forwarded-client-cert', 'baggage'])

/**
 * Removes from a request what only a trusted peer may say, so that neither the mesh nor the application takes a stranger's word for it.
 * `traceparent` stays: it can only spoil the stranger's own trace.
 *
 * @param request - The request; its `headers`, `headersDistinct` and `rawHeaders` are changed.
 */
export function stripUntrustedHeaders(request: IncomingMessage): void {
  const { headers } = request
  let found = false
  for (const name in headers) {
    if (!isReserved(name)) continue
    delete headers[name]
    found = true
  }
  if (!found) return
  // Before rawHeaders becomes shorter: this one is derived from it, up to the length that it had in the beginning.
  const distinct = request.headersDistinct
  for (const name in distinct) if (isReserved(name)) delete distinct[name]
  const raw = request.rawHeaders
  let kept = 0
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (isReserved(raw[index]!.toLowerCase())) continue
    raw[kept++] = raw[index]!
    raw[kept++] = raw[index + 1]!
  }
  raw.length = kept
}

function isReserved(name: string): boolean {
  return name.startsWith(ENVOY_PREFIX) || FORWARDED.has(name)
}
