import type { Locality } from '@inmesh/core'
import type { ResourceIdentity } from './resource-identity.js'

/** An endpoint as a file describes it, alone or inline in a ServiceEntry. */
export interface WorkloadSpec {
  /** IP address. */
  readonly address: string
  /** Ports of the endpoint by the name of the service's port. */
  readonly ports: Readonly<Record<string, number>>
  /** Labels, which subsets and selectors match. */
  readonly labels: Readonly<Record<string, string>>
  /** Where it runs. */
  readonly locality: Locality
  /** Share of the requests relative to its siblings. Default 1. */
  readonly weight: number
  /** Service account; empty when not given. */
  readonly serviceAccount: string
}

/** A WorkloadEntry: one workload that ServiceEntries of its namespace select by labels. */
export interface WorkloadEntry extends ResourceIdentity {
  readonly kind: 'WorkloadEntry'
  /** The endpoint. */
  readonly spec: WorkloadSpec
}
