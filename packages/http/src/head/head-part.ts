import type { RequestEditor } from '@inmesh/core'

/** A request line and an authority that can be changed. */
export type RequestParts = Pick<RequestEditor, 'method' | 'path' | 'authority'>

/**
 * Whether a name is no header but a part of the request line or the authority (RFC 9113, 8.3.1; `host` in HTTP/1.1).
 *
 * @param name - In lower case.
 */
export function isPart(name: string): boolean {
  return name.startsWith(':') || name === 'host'
}

/**
 * Reads a part.
 *
 * @param parts - The request.
 * @param name - In lower case.
 * @returns undefined where the name is none that a request of plaintext HTTP has.
 */
export function readPart(parts: Readonly<RequestParts>, name: string): string | undefined {
  switch (name) {
    case ':method':
      return parts.method
    case ':path':
      return parts.path
    case ':authority':
    case 'host':
      return parts.authority
    case ':scheme':
      return 'http'
    default:
      return undefined
  }
}

/**
 * Sets a part. One that cannot be set stays as it is.
 *
 * @param parts - The request.
 * @param name - In lower case.
 * @param value - Its value.
 */
export function setPart(parts: RequestParts, name: string, value: string): void {
  if (name === ':method') parts.method = value
  else if (name === ':path') parts.path = value
  else if (name === ':authority' || name === 'host') parts.authority = value
}
