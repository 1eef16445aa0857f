import type { FormatString } from '../format/format-string.js'

/** A value of a JSON document in which texts may have commands. */
export type JsonTemplate =
  | FormatString
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | ReadonlyMap<string, JsonTemplate>

/** How a body is made (envoy.config.core.v3.SubstitutionFormatString). */
export interface BodyFormat {
  /** A text, or a JSON object. */
  readonly template: FormatString | ReadonlyMap<string, JsonTemplate>
  /** Value of `content-type`. */
  readonly contentType: string
  /** Whether a command that stands for nothing leaves nothing: else a text has `-` in its place, and JSON null. */
  readonly omitsEmpty: boolean
}
