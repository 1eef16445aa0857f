import type { ChainMatch, ListenerConfig, Refusals, RouteConfiguration, ServerAddress } from '@inmesh/core'

/** The routes are a resource of their own. */
export interface RdsRoutes {
  /** Tag of the union. */
  readonly kind: 'rds'
  /** Name of that resource. */
  readonly name: string
}

/** The listener itself holds its routes. */
export interface InlineRoutes {
  /** Tag of the union. */
  readonly kind: 'inline'
  /** The routes. */
  readonly routes: RouteConfiguration
}

/** The listener is none for clients, or its routes come in a way that is not supported. */
export interface NoRoutes {
  /** Tag of the union. */
  readonly kind: 'none'
  /** Why, a sentence without the final stop. */
  readonly reason: string
}

/** Where a listener's routes come from. */
export type ListenerRoutes = RdsRoutes | InlineRoutes | NoRoutes

/** Where a listener catches what an application sends. */
export interface OutboundSocket {
  /** IP literal; `0.0.0.0` or `::` for every address. */
  readonly address: string
  /** TCP port that the application connects to; 0 where it is not told. */
  readonly port: number
}

/** What a server does with the connections of one chain. */
export type ServerChainUse =
  | {
      /** Tag of the union: it carries HTTP. */
      readonly kind: 'http'
      /** Filters and limits. */
      readonly listener: ListenerConfig
      /** Where the routes are. */
      readonly routes: ListenerRoutes
      /** Views whose requests fail whatever the routes say. */
      readonly refused: Refusals
    }
  | {
      /** Tag of the union: it carries bytes to the application, with nothing that must not be left out. */
      readonly kind: 'plain'
    }
  | {
      /** Tag of the union: connections are closed. */
      readonly kind: 'closed'
      /** Why, a sentence without the final stop. */
      readonly reason: string
    }

/** One chain of filters of a server. */
export interface ServerChain {
  /** For messages; may be empty. */
  readonly name: string
  /** Its connections. */
  readonly match: ChainMatch
  /** What becomes of them. */
  readonly use: ServerChainUse
}

/** What a listener means for a server (gRFC A36). */
export interface ServerListener {
  /** Where it listens. */
  readonly address: ServerAddress
  /** Whether it is told of connections to any port, and its chains tell ports apart (Istio's `virtualInbound`). */
  readonly catchesAllPorts: boolean
  /** Whether an inspector tells the application protocol of plaintext connections. */
  readonly detectsProtocols: boolean
  /** Its chains. */
  readonly chains: readonly ServerChain[]
  /** For connections that no chain is for. Absent: they are closed. */
  readonly fallback?: ServerChain
}

/** What a listener (LDS) means. */
export interface ListenerResource {
  /** Filters and limits. */
  readonly listener: ListenerConfig
  /** Where the routes are. */
  readonly routes: ListenerRoutes
  /** Views whose calls fail whatever the routes say: a filter that must not be left out is not supported. */
  readonly refused: Refusals
  /** Present where the listener stands in a proxy beside the application. */
  readonly outbound?: OutboundSocket
  /** Present where the listener is one for servers. */
  readonly server?: ServerListener
}
