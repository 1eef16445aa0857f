import type { FormatString } from '../format/format-string.js'
import type { RegexSubstitution } from '../matching/regex-substitution.js'

/** Puts a text in the place of what the route's path condition matched: the prefix, or for the other conditions the whole path. */
export interface PrefixRewrite {
  /** Tag of the union. */
  readonly kind: 'prefix'
  /** The text; not empty. */
  readonly value: string
}

/** Changes the path by an expression. */
export interface RegexRewrite {
  /** Tag of the union. */
  readonly kind: 'regex'
  /** The expression and what takes the place of its matches. */
  readonly rewrite: RegexSubstitution
}

/** Makes the path of what the variables of the route's URI template caught. */
export interface TemplateRewrite {
  /** Tag of the union. */
  readonly kind: 'template'
  /** Texts and variables in turn, a text first; the texts may be empty. */
  readonly parts: readonly string[]
}

/** Makes the path by a format. */
export interface FormatRewrite {
  /** Tag of the union. */
  readonly kind: 'format'
  /** The format. */
  readonly format: FormatString
}

/** How a path is rewritten, its query string left alone. A rewrite that comes out empty is none (Envoy). */
export type PathRewrite = PrefixRewrite | RegexRewrite | TemplateRewrite | FormatRewrite
