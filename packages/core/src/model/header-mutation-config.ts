import type { FormatString } from '../format/format-string.js'
import type { HeaderAddition, HeaderAppendAction } from './header-operations.js'
import type { StringMatch } from './match.js'

/** Adds a header, or puts it in the place of others (`append`). */
export interface AddHeader {
  /** Tag of the union. */
  readonly kind: 'add'
  /** The header, and what becomes of one that is there. */
  readonly addition: HeaderAddition
}

/** Removes all headers of a name (`remove`). */
export interface RemoveHeader {
  /** Tag of the union. */
  readonly kind: 'remove'
  /** In lower case. */
  readonly name: string
}

/** Removes all headers whose names match (`remove_on_match`). */
export interface RemoveMatchingHeaders {
  /** Tag of the union. */
  readonly kind: 'remove-matching'
  /** Compared with names in lower case. */
  readonly match: StringMatch
}

/** One change of headers (envoy.config.common.mutation_rules.v3.HeaderMutation). */
export type HeaderMutation = AddHeader | RemoveHeader | RemoveMatchingHeaders

/** Removes all query parameters of a name (`remove`). */
export interface RemoveQueryParameter {
  /** Tag of the union. */
  readonly kind: 'remove'
  /** Before encoding; case counts. */
  readonly name: string
}

/** Adds a query parameter, or puts it in the place of others (`append`). */
export interface AddQueryParameter {
  /** Tag of the union. */
  readonly kind: 'add'
  /** Before encoding; case counts. */
  readonly name: string
  /** Before encoding; may have commands, and may come out empty. */
  readonly value: FormatString
  /** What becomes of parameters of this name that are there. */
  readonly action: HeaderAppendAction
}

/** One change of the query string (envoy.config.core.v3.KeyValueMutation). */
export type QueryMutation = RemoveQueryParameter | AddQueryParameter

/**
 * Changes of requests and responses by a filter (envoy.extensions.filters.http.header_mutation.v3), made one after the other. Overrides come
 * behind the base configuration and take nothing from it. HTTP only.
 */
export interface HeaderMutationConfig {
  /** Tag of the union. */
  readonly kind: 'header-mutation'
  /** Of requests; may name `:path`, `:method` and `:authority`. */
  readonly request: readonly HeaderMutation[]
  /** Of requests' query strings, behind those of headers. */
  readonly query: readonly QueryMutation[]
  /** Of responses. */
  readonly response: readonly HeaderMutation[]
  /** Read of the base configuration: whether the changes of the most specific override come last, so that they win. Default false. */
  readonly mostSpecificWins?: boolean
}
