/** The endpoint that a request is pinned to, a session's for example. */
export interface OverrideHost {
  /** `host:port`, an IPv6 host in brackets. */
  readonly key: string
  /** The request fails where the endpoint cannot be used; else it is balanced as any other. */
  readonly strict: boolean
}
