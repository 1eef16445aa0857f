/** Istio's StringMatch. `present` is what an empty match, and the regular expression `*`, mean for headers and query parameters. */
export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
  | { readonly kind: 'present' }

/** A string match that belongs to a name: a header or a query parameter. */
export interface NamedMatch {
  /** Name of the header (in lower case) or parameter. */
  readonly name: string
  /** What its value must be. */
  readonly match: StringMatch
}
