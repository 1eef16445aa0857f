import type { SafeRegex } from '../matching/safe-regex.js'

/** A condition on a string (envoy.type.matcher.v3.StringMatcher). `value` is in lower case where `ignoreCase` is true. */
export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'prefix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'suffix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'contains'; readonly value: string; readonly ignoreCase: boolean }
  /** The whole string must match; `ignoreCase` does not apply to it (gRFC A63). */
  | { readonly kind: 'regex'; readonly regex: SafeRegex }

/** A condition on the path of a request, its query string left out. */
export type PathMatch =
  | { readonly kind: 'prefix'; readonly value: string; readonly caseSensitive: boolean }
  | { readonly kind: 'exact'; readonly value: string; readonly caseSensitive: boolean }
  /** Matches `value` itself and anything below it; `value` has no final slash. */
  | { readonly kind: 'path-separated-prefix'; readonly value: string; readonly caseSensitive: boolean }
  | { readonly kind: 'regex'; readonly regex: SafeRegex }

/** A condition on one header (envoy.config.route.v3.HeaderMatcher). Several values of one name are joined by `,` before matching. */
export interface HeaderMatch {
  /** Lower-case name; `:method`, `:path` and `:authority` name the parts of the request line. */
  readonly name: string
  /** What the value must be. A range is `[start, end)` over base-10 integers. */
  readonly value:
    | StringMatch
    | { readonly kind: 'present'; readonly present: boolean }
    | { readonly kind: 'range'; readonly start: number; readonly end: number }
  /** Matches where `value` does not. An absent header still never matches, except under `present` and `treatMissingAsEmpty`. */
  readonly invert: boolean
  /** An absent header counts as the empty string. */
  readonly treatMissingAsEmpty: boolean
}

/** A share of requests, in parts of a million. */
export interface Fraction {
  /** 0 to 1,000,000. */
  readonly perMillion: number
}

/** What a request must look like for a route to apply. Every part must hold. */
export interface RouteMatch {
  /** Condition on the path. */
  readonly path: PathMatch
  /** Conditions on headers. */
  readonly headers: readonly HeaderMatch[]
  /** Share of the requests for which the route applies; absent means all. */
  readonly fraction?: Fraction
  /** Applies to gRPC requests only (`content-type: application/grpc`). */
  readonly grpcOnly: boolean
}
