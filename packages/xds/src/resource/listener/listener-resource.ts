import type { ListenerConfig, Refusals, RouteConfiguration } from '@inmesh/core'

/** Where a listener's routes come from. */
export type ListenerRoutes =
  /** A resource of its own. */
  | { readonly kind: 'rds'; readonly name: string }
  /** The listener itself. */
  | { readonly kind: 'inline'; readonly routes: RouteConfiguration }
  /** Nowhere: the listener is none for clients, or its routes come in a way that is not supported. */
  | { readonly kind: 'none'; readonly reason: string }

/** What a listener (LDS) means for a client. */
export interface ListenerResource {
  /** Filters and limits. */
  readonly listener: ListenerConfig
  /** Where the routes are. */
  readonly routes: ListenerRoutes
  /** Views whose calls fail whatever the routes say: a filter that must not be left out is not supported. */
  readonly refused: Refusals
}
