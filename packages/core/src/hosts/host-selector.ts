import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'

/** The pick cannot be made yet: ask again when `ClusterView.whenPickable` calls back. */
export interface Queued {
  /** Tag of the unions it is part of. */
  readonly kind: 'queued'
  /** Whether it has waited for long already, so that another cluster may be asked if there is one. */
  readonly stalled: boolean
}

/** Something is under way. */
export const QUEUED: Queued = Object.freeze({ kind: 'queued', stalled: false })

/** Something has been under way for too long to be waited for where there is a choice. */
export const STALLED: Queued = Object.freeze({ kind: 'queued', stalled: true })

/** Decides by the rules of one view which endpoint of a cluster an attempt goes to. */
export interface HostSelector {
  /** Whether a request could be sent now. False does not say that it cannot: asking may start what it takes. */
  readonly ready: boolean
  /** Whether it has an endpoint that is not chosen in panic only. */
  readonly available: boolean
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
