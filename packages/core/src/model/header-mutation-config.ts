import type { FormatString } from '../format/format-string.js'
import type { HeaderAddition, HeaderAppendAction } from './header-operations.js'
import type { StringMatch } from './match.js'

/** One change of headers (envoy.config.common.mutation_rules.v3.HeaderMutation). */
export type HeaderMutation =
  | { readonly kind: 'add'; readonly addition: HeaderAddition }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'remove-matching'; readonly match: StringMatch }

/** One change of the query string (envoy.config.core.v3.KeyValueMutation). Names and values are those before encoding. */
export type QueryMutation =
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'add'; readonly name: string; readonly value: FormatString; readonly action: HeaderAppendAction }

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
