import type { NamedMatch, StringMatch } from './string-match.js'

/** Istio's HTTPMatchRequest: all conditions must hold. */
export interface HttpMatch {
  /** Name, which becomes part of the route's. */
  readonly name: string
  /** Path. */
  readonly uri?: Exclude<StringMatch, { kind: 'present' }>
  /** Whether the case of the path counts. Default true; regular expressions say it themselves. */
  readonly caseSensitive: boolean
  /** `:scheme`. */
  readonly scheme?: StringMatch
  /** `:method`. */
  readonly method?: StringMatch
  /** `:authority`. */
  readonly authority?: StringMatch
  /** Headers that must match. */
  readonly headers: readonly NamedMatch[]
  /** Headers that must not match. */
  readonly withoutHeaders: readonly NamedMatch[]
  /** Query parameters that must match. */
  readonly queryParameters: readonly NamedMatch[]
  /** The service's port that is called. */
  readonly port?: number
  /** Labels that the caller must have. */
  readonly sourceLabels: Readonly<Record<string, string>>
  /** Namespace of the caller. */
  readonly sourceNamespace?: string
  /** Whether it holds inside the mesh: false where it is only for named gateways. */
  readonly forMesh: boolean
}
