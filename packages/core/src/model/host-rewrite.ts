import type { FormatString } from '../format/format-string.js'
import type { RegexSubstitution } from '../matching/regex-substitution.js'

/**
 * What takes the place of a request's host (RouteAction.host_rewrite_specifier): a text, the host name of the endpoint, the value of a
 * request header, the path changed by an expression, or a format. One that comes out empty leaves the host alone.
 */
export type HostRewrite =
  | { readonly kind: 'literal'; readonly host: string }
  | { readonly kind: 'endpoint' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'path'; readonly rewrite: RegexSubstitution }
  | { readonly kind: 'format'; readonly format: FormatString }
