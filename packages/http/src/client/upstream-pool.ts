import type { Clock, Endpoint, EndpointOwner, Random, RequestPriority } from '@inmesh/core'
import type { buildConnector } from 'undici'
import type { AttemptDispatcher } from './attempt.js'
import type { ConnectionSecurity } from './tls/connection-security.js'

/** What a pool is made for. */
export interface UpstreamPoolOptions {
  /** Where to connect. */
  readonly endpoint: Endpoint
  /** Its cluster, asked for the limits of each new connection. */
  readonly cluster: EndpointOwner
  /** Whose requests it carries: connections are counted by priority, and not shared. */
  readonly priority: RequestPriority
  /** Host and, where it is not the scheme's own, port, to which requests are addressed as a rule. */
  readonly authority: string
  /** Tells how old connections are. */
  readonly clock: Clock
  /** Spreads what connections do by the clock. */
  readonly random: Random
  /** How its connections are secured. Default: not at all. */
  readonly security?: ConnectionSecurity | undefined
  /** How to connect. Default TCP to the endpoint's address, with TLS where there is `security`. */
  readonly connect?: buildConnector.connector
}

/** The connections to one endpoint for requests of one priority, whichever HTTP they speak. */
export interface UpstreamPool extends AttemptDispatcher {
  /** Authority that requests carry unless they name another in a `host` header. */
  readonly authority: string
  /** Version of HTTP that it speaks: `1.1` or `2`. */
  readonly httpVersion: string
  /** Whether a request would have a connection at once. */
  readonly ready: boolean
  /** Takes no new request, lets those in flight end, and closes. */
  close(): Promise<void>
  /**
   * Closes at once.
   *
   * @param error - What requests in flight fail with.
   */
  destroy(error: Error): Promise<void>
}
