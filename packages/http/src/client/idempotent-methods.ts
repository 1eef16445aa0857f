import type { MeshDispatchOptions } from './call-options.js'

/** RFC 9110, 9.2.2: what may be sent again by itself when a connection breaks. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether carrying a request out twice is as good as once: by its method, or because its caller said so.
 *
 * @param options - As given to `dispatch`.
 */
export function isIdempotent(options: MeshDispatchOptions): boolean {
  return IDEMPOTENT.has(options.method) || options.mesh?.idempotent === true
}
