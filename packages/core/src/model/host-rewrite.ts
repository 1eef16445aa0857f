import type { FormatString } from '../format/format-string.js'
import type { RegexSubstitution } from '../matching/regex-substitution.js'

/** A text (`host_rewrite_literal`). */
export interface LiteralHostRewrite {
  /** Tag of the union. */
  readonly kind: 'literal'
  /** The new host; may have a port. */
  readonly host: string
}

/** The host name of the endpoint that the attempt goes to (`auto_host_rewrite`). */
export interface EndpointHostRewrite {
  /** Tag of the union. */
  readonly kind: 'endpoint'
}

/** The value of a request header (`host_rewrite_header`); of several, or of a list with commas, the first. */
export interface HeaderHostRewrite {
  /** Tag of the union. */
  readonly kind: 'header'
  /** Lower-case name of the header. */
  readonly name: string
}

/** The path of the request, changed by an expression (`host_rewrite_path_regex`). */
export interface PathHostRewrite {
  /** Tag of the union. */
  readonly kind: 'path'
  /** Makes the host of the path without its query string. */
  readonly rewrite: RegexSubstitution
}

/** A text with commands (`host_rewrite`). */
export interface FormatHostRewrite {
  /** Tag of the union. */
  readonly kind: 'format'
  /** Gives the new host for each attempt. */
  readonly format: FormatString
}

/** What takes the place of a request's host (RouteAction.host_rewrite_specifier). One that comes out empty leaves the host alone. */
export type HostRewrite =
  | LiteralHostRewrite
  | EndpointHostRewrite
  | HeaderHostRewrite
  | PathHostRewrite
  | FormatHostRewrite
