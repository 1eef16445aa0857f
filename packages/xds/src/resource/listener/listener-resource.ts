import type { ListenerConfig, Refusals, RouteConfiguration } from '@inmesh/core'

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

/** What a listener (LDS) means for a client. */
export interface ListenerResource {
  /** Filters and limits. */
  readonly listener: ListenerConfig
  /** Where the routes are. */
  readonly routes: ListenerRoutes
  /** Views whose calls fail whatever the routes say: a filter that must not be left out is not supported. */
  readonly refused: Refusals
  /** Present where the listener stands in a proxy beside the application. */
  readonly outbound?: OutboundSocket
}
