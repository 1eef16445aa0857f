/** What a mesh that only observes would have done, in numbers since it was made. */
export interface Observations {
  /** Calls. */
  readonly calls: ObservedCalls
  /** Requests to servers. */
  readonly requests: ObservedRequests
}

/** Calls of a mesh that only observes. */
export interface ObservedCalls {
  /** Would have gone to an endpoint. */
  readonly routed: number
  /** Would have been answered by the mesh, by Envoy's response flag. */
  readonly answered: Readonly<Record<string, number>>
  /** Are none of the mesh's. */
  readonly outside: number
  /** Were made before their host was known. */
  readonly undecided: number
}

/** Requests to servers of a mesh that only observes. */
export interface ObservedRequests {
  /** Would have gone to the application. */
  readonly admitted: number
  /** Would have been answered by the mesh, by Envoy's response flag. */
  readonly answered: Readonly<Record<string, number>>
  /** Would have had their connection closed, or been refused as their listener cannot be used. */
  readonly closed: number
  /** Came before their listener was known. */
  readonly undecided: number
}
