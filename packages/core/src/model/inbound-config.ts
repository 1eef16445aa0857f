import type { MeshError } from '../errors/mesh-error.js'
import type { RouteConfiguration } from './route.js'
import type { ListenerConfig } from './target-config.js'

/** Where a connection comes from: anywhere, this machine, or another one (envoy.config.listener.v3.FilterChainMatch.ConnectionSourceType). */
export type ConnectionSource = 'any' | 'local' | 'external'

/** A network in CIDR notation. */
export interface NetworkBlock {
  /** IP literal. */
  readonly address: string
  /** Length of the prefix in bits. */
  readonly bits: number
}

/**
 * Which connections a chain of filters is for (envoy.config.listener.v3.FilterChainMatch). An empty list, an empty string and what is absent
 * ask for nothing.
 */
export interface ChainMatch {
  /** Port that the connection was made to. */
  readonly destinationPort?: number
  /** Networks of the address that the connection was made to. */
  readonly destinations: readonly NetworkBlock[]
  /** Names that a client may ask for in TLS. */
  readonly serverNames: readonly string[]
  /** `raw_buffer` for plaintext, `tls`; the empty string for either. */
  readonly transport: string
  /** Application protocols, as ALPN or an inspector tells them. */
  readonly protocols: readonly string[]
  /** Networks of the peer itself, whatever is said in its name. */
  readonly directSources: readonly NetworkBlock[]
  /** Where the connection comes from. */
  readonly source: ConnectionSource
  /** Networks of the peer. */
  readonly sources: readonly NetworkBlock[]
  /** Ports of the peer. */
  readonly sourcePorts: readonly number[]
}

/** What becomes of the connections that a chain of filters is for. */
export type ChainUse =
  | {
      /** Tag of the union: HTTP requests take routes and pass filters. */
      readonly kind: 'http'
      /** Filters and limits. */
      readonly listener: ListenerConfig
      /** The routes. */
      readonly routes: RouteConfiguration
    }
  | {
      /** Tag of the union: there are no routes, so that requests fail while connections are taken (gRFC A36). */
      readonly kind: 'failed'
      /** Why. */
      readonly error: MeshError
    }
  | {
      /** Tag of the union: the application gets requests as they are. */
      readonly kind: 'plain'
    }
  | {
      /** Tag of the union: connections are closed at once. */
      readonly kind: 'closed'
      /** Why, a sentence without the final stop. */
      readonly reason: string
    }

/** One chain of filters of a server's listener. */
export interface InboundChainConfig {
  /** For messages; may be empty. */
  readonly name: string
  /** Its connections. */
  readonly match: ChainMatch
  /** What becomes of them. */
  readonly use: ChainUse
}

/**
 * The listener of a server, with the routes that it names (gRFC A36). Immutable. Where only routes changed, the revision is the same object as
 * before: connections then stay.
 */
export interface InboundConfig {
  /** Resource name. */
  readonly name: string
  /** Stands for the listener without the routes that are resources of their own. */
  readonly revision: object
  /** Whether an inspector tells the application protocol of plaintext connections. */
  readonly detectsProtocols: boolean
  /** The chains; connections find theirs by what it asks for, not by order. */
  readonly chains: readonly InboundChainConfig[]
  /** For connections that no chain is for. Absent: they are closed. */
  readonly fallback?: InboundChainConfig
}
