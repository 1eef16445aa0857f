/** How connections of HTTP/2 are found to be dead (envoy.config.core.v3.KeepaliveSettings). All times in milliseconds. */
export interface Http2Keepalive {
  /** A PING is sent every so often. Default: none is, unless `idleIntervalMs` asks for it. */
  readonly intervalMs?: number
  /** A connection is given up when for so long nothing arrives after a PING. */
  readonly timeoutMs: number
  /** Added to each interval at random, up to so many percent of it. Envoy's default is 15. */
  readonly jitterPercent: number
  /** A connection that was idle for so long is asked by a PING along with its next request. Default: it is not. */
  readonly idleIntervalMs?: number
}

/** How HTTP/2 is spoken (envoy.config.core.v3.Http2ProtocolOptions). What is absent is the carrier's choice. */
export interface Http2Options {
  /** Requests at a time over one connection, where the server allows more. Default what the server allows. */
  readonly maxConcurrentStreams?: number
  /** What a server may send of one response before it is read, in bytes. */
  readonly streamWindowBytes?: number
  /** The same for all responses of a connection together. */
  readonly connectionWindowBytes?: number
  /** What a server may use to compress its headers, in bytes. Default 4096 (RFC 9113). */
  readonly headerTableBytes?: number
  /** How dead connections are found. */
  readonly keepalive?: Http2Keepalive
}

/**
 * Which HTTP is spoken to a cluster. `http2` is spoken with prior knowledge where there is no TLS. `as-downstream` is what the application
 * speaks: HTTP/2 for gRPC, which exists on no other, else HTTP/1.1. `negotiated` is what TLS agrees on, and HTTP/1.1 where there is none.
 */
export interface UpstreamProtocol {
  /** Tag. */
  readonly kind: 'http2' | 'as-downstream' | 'negotiated'
  /** How HTTP/2 is spoken, where it is. */
  readonly http2: Http2Options
}
