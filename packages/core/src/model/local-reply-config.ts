import type { BodyFormat } from './body-format.js'
import type { HeaderAddition } from './header-operations.js'
import type { HeaderMatch } from './match.js'

/** A condition on an answer of the mesh itself (envoy.config.accesslog.v3.AccessLogFilter). */
export type ReplyCondition =
  | {
      /** Tag of the union: a comparison with the HTTP status. */
      readonly kind: 'status'
      /** How it is compared. */
      readonly operator: 'equal' | 'at-least' | 'at-most' | 'not-equal'
      /** With what. */
      readonly status: number
    }
  | {
      /** Tag of the union: a header of the request. */
      readonly kind: 'header'
      /** The condition on it. */
      readonly match: HeaderMatch
    }
  | {
      /** Tag of the union: Envoy's flags of what went wrong. */
      readonly kind: 'flags'
      /** One of them must be there; of an empty list any. */
      readonly flags: readonly string[]
    }
  | {
      /** Tag of the union: all of several conditions, or one of them. */
      readonly kind: 'all' | 'any'
      /** The conditions. */
      readonly conditions: readonly ReplyCondition[]
    }

/** What becomes of answers under a condition. What is absent stays as it is. */
export interface ReplyMapper {
  /** The condition. */
  readonly condition: ReplyCondition
  /** HTTP status, 200 to 599. */
  readonly status?: number
  /** Body, before it is formatted. */
  readonly body?: string
  /** Headers that are added. */
  readonly headers: readonly HeaderAddition[]
  /** Takes the place of the format for all answers. */
  readonly format?: BodyFormat
}

/** How answers of the mesh itself are made over (Envoy, "Local reply modification"). HTTP only. */
export interface LocalReplyConfig {
  /** In order; the first whose condition holds counts. */
  readonly mappers: readonly ReplyMapper[]
  /** Format of all bodies; absent leaves them as they are. */
  readonly format?: BodyFormat
}
