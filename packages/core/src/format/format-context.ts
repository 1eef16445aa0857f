import type { RequestView } from '../call/request-view.js'
import type { ResponseHead } from '../call/response-head.js'
import type { EndpointConfig } from '../model/endpoint.js'

/** An endpoint as formats see it. */
export interface FormatEndpoint {
  /** `host:port`, an IPv6 host in brackets. */
  readonly key: string
  /** Its configuration: host name, metadata and the like. */
  readonly config: EndpointConfig
}

/** What the commands of a format string read: one request, as far as it has come. */
export interface FormatContext {
  /** The request, as changed so far. */
  readonly request: RequestView
  /** The response, once there is one. */
  readonly response: ResponseHead | undefined
  /** Where the current or last attempt went; undefined before the first. */
  readonly endpoint: FormatEndpoint | undefined
  /** Cluster of the request; empty where it has none. */
  readonly clusterName: string
  /** Name of the route; may be empty. */
  readonly routeName: string
  /** Envoy's flags of what went wrong, `-` for nothing. */
  readonly responseFlags: string
  /** When the request came, in milliseconds since the Unix epoch. */
  readonly startTimeMs: number
}
