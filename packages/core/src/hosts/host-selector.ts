import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'

/** The pick cannot be made yet: ask again when `ClusterView.whenPickable` calls back. */
export interface Queued {
  /** Tag of the unions it is part of. */
  readonly kind: 'queued'
}

/** The one object of its kind. */
export const QUEUED: Queued = Object.freeze({ kind: 'queued' })

/** Decides by the rules of one view which endpoint of a cluster an attempt goes to. */
export interface HostSelector {
  /**
   * Takes over a configuration.
   *
   * @param config - The cluster.
   * @param assignment - Its endpoints as configured.
   * @param endpoints - Its running endpoints by key, already brought in line with `assignment`.
   */
  update(config: ClusterConfig, assignment: EndpointAssignment, endpoints: ReadonlyMap<string, Endpoint>): void
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
   * Chooses an endpoint. Called for every attempt.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | LocalReply | Queued
  /** Ends its timers; it is not asked again. */
  close(): void
}
