import type { IncomingMessage } from 'node:http'
import { BAGGAGE_HEADER, GRPC_TIMEOUT_HEADER, PRIORITY_HEADER } from '@inmesh/core'

/** Every header that Envoy's documentation reserves for proxies begins so: deadline, retry policy, fault injection, overrides. */
const ENVOY_PREFIX = 'x-envoy-'

/**
 * For whom a peer speaks, and what else follows a request through the mesh. Names are in lower case, as Node delivers them. The sending
 * side keeps the same headers from hosts outside the mesh, but for `grpc-timeout`, which belongs to the gRPC call that is made there.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-client-cert',
  BAGGAGE_HEADER,
  PRIORITY_HEADER,
  GRPC_TIMEOUT_HEADER,
])

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
  return name.startsWith(ENVOY_PREFIX) || RESERVED.has(name)
}
