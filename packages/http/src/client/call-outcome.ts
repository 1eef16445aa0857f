import type { AttemptFailure } from '@inmesh/core'

/** What became of one attempt of a call. */
export interface AttemptOutcome {
  /** Address of the endpoint, `10.0.0.7:8080`. */
  readonly endpoint: string
  /** HTTP status of its response; undefined where none came. */
  readonly status: number | undefined
  /** How it failed without a response; undefined where one came, or the attempt was given up with its call. */
  readonly failure: AttemptFailure | undefined
  /** Milliseconds from the choice of the endpoint to the head of the response or the failure. */
  readonly durationMs: number
}

/** What happened to a call: `mesh.outcome(response)` or `mesh.outcome(error)`. */
export interface CallOutcome {
  /** Host and, where it is not 80, port of the URL. */
  readonly authority: string
  /** Name of the route that matched; empty where it has none, or the call went past the mesh. */
  readonly route: string
  /** Name of the cluster; empty where none was chosen. */
  readonly cluster: string
  /** Address of the endpoint of the last attempt; undefined without one. */
  readonly endpoint: string | undefined
  /** HTTP status that the caller got, of the upstream or of the mesh's own answer; undefined where it got an error or has nothing yet. */
  readonly status: number | undefined
  /** Code of the error, or of the mesh's own answer (`ERR_INMESH_*`); undefined where there is none. */
  readonly code: string | undefined
  /** Envoy's response flags, separated by commas; `-` for none (Envoy, "Access logging", `%RESPONSE_FLAGS%`). */
  readonly flags: string
  /** All attempts, in their order. Empty for a call that the mesh answered without one, or that went past it. */
  readonly attempts: readonly AttemptOutcome[]
  /** Milliseconds to the head of the response that the caller got; undefined without one. */
  readonly headMs: number | undefined
  /** Milliseconds to the end of the call, its body included; to now while it has not ended. */
  readonly totalMs: number
  /** Whether it has ended. */
  readonly ended: boolean
}
