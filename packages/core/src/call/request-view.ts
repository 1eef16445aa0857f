import type { RequestHash } from '../hashing/request-hash.js'
import type { View } from '../model/view.js'
import type { RequestEditor } from './request-editor.js'

/**
 * A request as the core sees it. A carrier implements it over what it already holds, so that nothing is copied for a decision that
 * does not need it.
 */
export interface RequestView {
  /** Whose rules apply. */
  readonly view: View
  /** HTTP method in upper case; `POST` for gRPC. */
  readonly method: string
  /** Path with its query string; `/package.Service/Method` for gRPC. */
  readonly path: string
  /** Host and, where it is not the scheme's default, port; lower case. */
  readonly authority: string
  /** Whether the caller names it by an `https:` URL; absent means no. How it goes to the upstream is the cluster's affair. */
  readonly secure?: boolean
  /**
   * Address of the client for whose inbound request this one is made, an IP literal; the empty string or absent where there is none, or
   * where nobody trusted told it.
   */
  readonly clientAddress?: string
  /** A number that was drawn for the gRPC channel that the call is made on; absent for HTTP. */
  readonly channel?: RequestHash
  /** SPIFFE id or other URI of that client's certificate, as {@link RequestView.clientAddress}. */
  readonly clientIdentity?: string
  /** Changes its head. Absent where nothing may: no gRFC changes what a gRPC call sends. */
  readonly editor?: RequestEditor
  /**
   * Whether the request has a header whose name begins with `x-envoy-`: such headers of a caller that is trusted ask for retries and limits
   * of their own. Where it is false or absent they are not looked for.
   */
  readonly steered?: boolean
  /**
   * Reads a header. For gRPC only what gRFC A28 makes visible: custom metadata that is not binary, and `content-type`.
   *
   * @param name - Lower-case name.
   * @returns the value, several values joined by `,`, or undefined when there is none.
   */
  header(name: string): string | undefined
}

/**
 * The scheme that a request has for its caller.
 *
 * @param request - The request.
 */
export function schemeOf({ secure }: Pick<RequestView, 'secure'>): 'http' | 'https' {
  return secure === true ? 'https' : 'http'
}

/**
 * The part of the path that routes are matched against.
 *
 * @param path - Path with or without a query string.
 * @returns the path up to, not including, `?` or `#`.
 */
export function pathWithoutQuery(path: string): string {
  const query = path.indexOf('?')
  if (query >= 0) return path.slice(0, query)
  const fragment = path.indexOf('#')
  return fragment >= 0 ? path.slice(0, fragment) : path
}
