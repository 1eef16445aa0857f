import type { NetworkSet } from '../matching/network-set.js'
import type { SafeRegex } from '../matching/safe-regex.js'
import type { UriTemplate } from '../matching/uri-template.js'

/** A condition that compares a string with a text. */
export interface TextMatch {
  /** Which part of the string the text must be. */
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains'
  /** The text; in lower case where `ignoreCase` is true. */
  readonly value: string
  /** Upper and lower case are the same. */
  readonly ignoreCase: boolean
}

/** A condition that a pattern matches a string as a whole. Case always counts (gRFC A63). */
export interface RegexMatch {
  /** Tag of the union. */
  readonly kind: 'regex'
  /** The pattern. */
  readonly regex: SafeRegex
}

/** A condition on a string (envoy.type.matcher.v3.StringMatcher). */
export type StringMatch = TextMatch | RegexMatch

/** A condition that compares a path with a text. */
export interface PathTextMatch {
  /** `path-separated-prefix` matches `value` itself and anything below it; its `value` has no final slash. */
  readonly kind: 'prefix' | 'exact' | 'path-separated-prefix'
  /** The text. */
  readonly value: string
  /** Whether upper and lower case differ. */
  readonly caseSensitive: boolean
}

/** A condition that a URI template matches a path as a whole. HTTP only: gRPC knows no templates (gRFC A28). */
export interface TemplateMatch {
  /** Tag of the union. */
  readonly kind: 'template'
  /** The template; its variables are there for a rewrite of the path. */
  readonly template: UriTemplate
}

/** A condition on the path of a request, its query string left out. */
export type PathMatch = PathTextMatch | RegexMatch | TemplateMatch

/** A condition on whether a header is there. */
export interface PresenceMatch {
  /** Tag of the union. */
  readonly kind: 'present'
  /** Whether it must be there or must not. */
  readonly present: boolean
}

/** A condition on a header that holds a base-10 integer; other values never match. */
export interface RangeMatch {
  /** Tag of the union. */
  readonly kind: 'range'
  /** Smallest value that matches. */
  readonly start: number
  /** Smallest value above `start` that does not. */
  readonly end: number
}

/** A condition on one parameter of the query string (envoy.config.route.v3.QueryParameterMatcher). HTTP only: gRPC calls pass such routes by. */
export interface QueryParameterMatch {
  /** Name; case counts, and nothing is decoded, as in Envoy. */
  readonly name: string
  /** What the value must be; of several values the first counts, and a name without `=` has the empty string. */
  readonly value: StringMatch | PresenceMatch
}

/** A condition on one cookie of the `cookie` header (envoy.config.route.v3.CookieMatcher). HTTP only, as query parameters. */
export interface CookieMatch {
  /** Name; case counts. */
  readonly name: string
  /** What the value must be; of several cookies of that name the first counts. */
  readonly value: StringMatch | PresenceMatch
  /** Matches where `value` does not. Unlike a header, an absent cookie then matches (Envoy). */
  readonly invert: boolean
}

/** A condition on one header (envoy.config.route.v3.HeaderMatcher). Several values of one name are joined by `,` before matching. */
export interface HeaderMatch {
  /** Lower-case name; `:method`, `:path` and `:authority` name the parts of the request line. */
  readonly name: string
  /** What the value must be. */
  readonly value: StringMatch | PresenceMatch | RangeMatch
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
  /** Conditions on the query string; absent means none. */
  readonly queryParameters?: readonly QueryParameterMatch[]
  /** Conditions on cookies; absent means none. */
  readonly cookies?: readonly CookieMatch[]
  /**
   * Networks of which each must hold the address of the client that the inbound request came from, as far as trusted peers tell. A call
   * that belongs to no inbound request is in no network. Absent means none.
   */
  readonly clientNetworks?: readonly NetworkSet[]
  /** Share of the requests for which the route applies; absent means all. */
  readonly fraction?: Fraction
  /** Applies to gRPC requests only (`content-type: application/grpc`). */
  readonly grpcOnly: boolean
}
