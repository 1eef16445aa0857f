import type { FormatString } from '../format/format-string.js'

/**
 * What becomes of a header that is there already (HeaderValueOption.append_action): `append` adds another of the same name, `add-if-absent`
 * leaves it alone, `overwrite` takes its place, and `overwrite-if-present` does that and nothing where there is none.
 */
export type HeaderAppendAction = 'append' | 'add-if-absent' | 'overwrite' | 'overwrite-if-present'

/** A header that is added or put in the place of others (envoy.config.core.v3.HeaderValueOption). */
export interface HeaderAddition {
  /** In lower case. */
  readonly name: string
  /** Value; may have commands. */
  readonly value: FormatString
  /** What becomes of one that is there. */
  readonly action: HeaderAppendAction
  /** Whether a value that comes out empty is sent; if not, the addition is left out. */
  readonly keepEmpty: boolean
}

/** Changes of headers on one level of the configuration. What is removed is removed first. */
export interface HeaderOperations {
  /** Names in lower case. */
  readonly remove: readonly string[]
  /** In order. */
  readonly add: readonly HeaderAddition[]
}

/** A level of the configuration that changes headers: weighted cluster, route, virtual host, route configuration. HTTP only. */
export interface HeaderLevel {
  /** Changes of requests; absent means none. */
  readonly requestHeaders?: HeaderOperations
  /** Changes of responses; absent means none. */
  readonly responseHeaders?: HeaderOperations
}
