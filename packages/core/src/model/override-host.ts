/** The endpoint that a request is pinned to, a session's for example. */
export interface OverrideHost {
  /** `host:port`, an IPv6 host in brackets. */
  readonly key: string
  /** The request fails where the endpoint cannot be used; else it is balanced as any other. */
  readonly strict: boolean
  /**
   * Name of the cluster that the endpoint belongs to. The request goes there if its route has that cluster, whatever the route's weights chose
   * (gRFC A60). Default: the cluster that the route chose. HTTP does not read it.
   */
  readonly cluster?: string | undefined
}
