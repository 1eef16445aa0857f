import type { StringMatch } from './match.js'

/** A range of HTTP statuses. */
export interface StatusRange {
  /** Smallest status that it holds. */
  readonly start: number
  /** Smallest status above `start` that it does not. */
  readonly end: number
}

/** Asks over HTTP/1.1. */
export interface HttpCheck {
  /** Tag of the union. */
  readonly kind: 'http'
  /** Path with its query string. */
  readonly path: string
  /** `host` header, where the endpoint has none of its own; empty for the name of the cluster. */
  readonly host: string
  /** Method in upper case. */
  readonly method: string
  /** Further headers by lower-case name; an empty value takes a header away. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Body of the request; absent for none. */
  readonly send?: Uint8Array
  /** What the body of the response must hold, one after the other; empty for anything. */
  readonly receive: readonly Uint8Array[]
  /** How much of the body is looked at, in bytes; 0 for all. */
  readonly responseBufferSize: number
  /** Statuses of an endpoint that is well. Never empty. */
  readonly expected: readonly StatusRange[]
  /** Statuses that count towards the threshold, where others make an endpoint ill at once. */
  readonly retriable: readonly StatusRange[]
  /** What `x-envoy-upstream-healthchecked-cluster` of the response must be; absent for anything. */
  readonly serviceName?: StringMatch
}

/** Connects, and where there is something to send or to receive, talks. */
export interface TcpCheck {
  /** Tag of the union. */
  readonly kind: 'tcp'
  /** What is sent; absent for nothing. */
  readonly send?: Uint8Array
  /** What must be received, one after the other; empty for nothing. */
  readonly receive: readonly Uint8Array[]
}

/** Asks `grpc.health.v1.Health`. */
export interface GrpcCheck {
  /** Tag of the union. */
  readonly kind: 'grpc'
  /** Name of the service; empty for the server as a whole. */
  readonly service: string
  /** `:authority`, where the endpoint has none of its own; empty for the name of the cluster. */
  readonly authority: string
  /** Metadata by lower-case name. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

/** What is asked of an endpoint, told apart by `kind`. */
export type CheckConfig = HttpCheck | TcpCheck | GrpcCheck

/** Active health checks of a cluster's endpoints, with every default filled in (envoy.config.core.v3.HealthCheck). HTTP view only. */
export interface HealthCheckConfig {
  /** What is asked. */
  readonly check: CheckConfig
  /** How long an answer may take, in milliseconds, more than 0. */
  readonly timeoutMs: number
  /** Milliseconds from the end of a check to the next, more than 0. */
  readonly intervalMs: number
  /** As `intervalMs`, after a check that an endpoint failed which is held for ill. */
  readonly unhealthyIntervalMs: number
  /** As `intervalMs`, after a failure that did not yet make the endpoint ill. */
  readonly unhealthyEdgeIntervalMs: number
  /** As `intervalMs`, after a success that did not yet make the endpoint well. */
  readonly healthyEdgeIntervalMs: number
  /** As `intervalMs`, while the cluster never had a request. */
  readonly noTrafficIntervalMs: number
  /** As `noTrafficIntervalMs`, for endpoints that are well. */
  readonly noTrafficHealthyIntervalMs: number
  /** Up to so many milliseconds pass before the first check, by dice. */
  readonly initialJitterMs: number
  /** Up to so many milliseconds are added to each interval, by dice. */
  readonly intervalJitterMs: number
  /** Up to so many percent of it are added to each interval, by dice. */
  readonly intervalJitterPercent: number
  /** Failures in a row that make an endpoint ill. */
  readonly unhealthyThreshold: number
  /** Successes in a row that make an endpoint well; its first check needs one only. */
  readonly healthyThreshold: number
  /** Whether a connection is kept from check to check. */
  readonly reuseConnection: boolean
  /** A new endpoint does not count where health is a share of endpoints, until its first check. Default false. */
  readonly excludesNew: boolean
  /** An endpoint that is no longer listed stays in service until it fails. Default true where endpoints are discovered (Envoy). */
  readonly keepsRemoved: boolean
  /** TCP port, where endpoints have none of their own for it. Default the endpoint's. */
  readonly port?: number
}
