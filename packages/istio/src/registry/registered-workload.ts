import type { Locality } from '@inmesh/core'

/** A service that a running workload says it is part of. */
export interface RegisteredService {
  /** Name of the service, or its full host name. */
  readonly service: string
  /** Namespace; also the namespace of the service where its name has no dot. */
  readonly namespace: string
  /** Port of the service that the workload serves. Default: the first port of its ServiceEntry, else 80. */
  readonly servicePort?: number
}

/** An endpoint that no file declares: a workload that said of itself where it listens. */
export interface RegisteredWorkload extends RegisteredService {
  /** IP address. */
  readonly address: string
  /** Port it listens on. */
  readonly port: number
  /** Labels, which subsets match. */
  readonly labels: Readonly<Record<string, string>>
  /** Where it runs. */
  readonly locality: Locality
  /** Share of the requests relative to its siblings. Default 1. */
  readonly weight?: number
}

/** What running workloads say of themselves. */
export interface Registrations {
  /** Workloads that serve now. */
  readonly workloads: readonly RegisteredWorkload[]
  /**
   * Services that workloads served before, so that a service whose last workload has gone is known and without endpoints rather than
   * unknown. Those of {@link workloads} need not be repeated.
   */
  readonly services: readonly RegisteredService[]
}

/** Nobody has registered. */
export const noRegistrations: Registrations = { workloads: [], services: [] }
