/** The endpoint of a session travels in a cookie. */
export interface SessionCookie {
  /** Tag of the union. */
  readonly kind: 'cookie'
  /** Name of the cookie. */
  readonly name: string
  /** For which paths it counts: those below it; empty for all. */
  readonly path: string
  /** How long the client keeps it, in milliseconds; 0 until the client ends. */
  readonly ttlMs: number
  /** What else is said of it, `SameSite=Strict` for example. */
  readonly attributes: readonly string[]
}

/** The endpoint of a session travels in a header of requests and responses. HTTP only. */
export interface SessionHeader {
  /** Tag of the union. */
  readonly kind: 'header'
  /** Lower-case name. */
  readonly name: string
}

/** Sends the requests of a session to one endpoint (envoy.extensions.filters.http.stateful_session.v3.StatefulSession; gRFC A55). */
export interface StatefulSessionConfig {
  /** Tag of the union. */
  readonly kind: 'stateful-session'
  /** Where the endpoint is kept; absent: nothing is pinned. */
  readonly state?: SessionCookie | SessionHeader
  /** Requests whose endpoint cannot be used fail. gRPC does not read it. Default false: they go to another, which then is the session's. */
  readonly strict: boolean
}
