import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { EndpointSet } from '../cluster/endpoint-set.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { PriorityHealth } from './priority-load.js'
import type { PriorityChoice } from './priority-set.js'

/** The pick cannot be made yet: ask again when `ClusterView.whenPickable` calls back. */
export interface Queued {
  /** Tag of the unions it is part of. */
  readonly kind: 'queued'
}

/** Something is under way. */
export const QUEUED: Queued = Object.freeze({ kind: 'queued' })

/** Decides by the rules of one view which endpoint of a cluster an attempt goes to. */
export interface HostSelector {
  /** Whether a request could be sent now. False does not say that it cannot: asking may start what it takes. */
  readonly ready: boolean
  /** How well each priority is. gRPC has none, as it goes by connections. */
  readonly health: readonly PriorityHealth[]
  /** How it is connected, all of it; `ready` where connections are made on demand. */
  readonly state: Connectivity
  /**
   * Takes over a configuration.
   *
   * @param config - The cluster.
   * @param assignment - Its endpoints as configured.
   * @param endpoints - Its running endpoints, already brought in line with `assignment`.
   */
  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: EndpointSet): void
  /**
   * Whether anybody needs endpoints to be connected. Until told otherwise somebody does.
   *
   * @param needed - Whether so; without, connections are let go and none is asked for.
   */
  need(needed: boolean): void
  /** Endpoints were found ill or well. */
  healthChanged(): void
  /**
   * The carrier tells how it is connected to an endpoint.
   *
   * @param endpoint - The endpoint, not removed.
   * @param connectivity - Its new state.
   * @param reason - Why it failed, for the status of calls that find no endpoint.
   */
  connectivityChanged(endpoint: Endpoint, connectivity: Connectivity, reason: string): void
  /**
   * Finds the endpoint that a request is pinned to.
   *
   * @param context - The request.
   * @returns undefined when there is none that may be used.
   */
  pinned(context: PickContext): Endpoint | undefined
  /**
   * Chooses an endpoint. Called for every attempt.
   *
   * @param context - The request.
   * @param choice - The priority, where an aggregate has chosen one. gRPC does not look at it.
   */
  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued
  /** Ends its timers; it is not asked again. */
  close(): void
}
