import { TypeUrl } from '@inmesh/xds-proto'

/** A type of resource that is served. */
export interface ServedType {
  /** Full type URL. */
  readonly typeUrl: string
  /** Short name for messages: LDS, RDS, CDS or EDS. */
  readonly shortName: string
  /**
   * Whether a state-of-the-world response holds all that was asked for, so that what is missing does not exist. Of the other types a
   * response holds what is news (xDS protocol, "Deleting resources").
   */
  readonly complete: boolean
}

/**
 * The types that are served, in the order in which a change is sent: what is referred to before what refers to it (xDS protocol,
 * "Eventual consistency considerations").
 */
export const servedTypes: readonly ServedType[] = [
  { typeUrl: TypeUrl.Cluster, shortName: 'CDS', complete: true },
  { typeUrl: TypeUrl.ClusterLoadAssignment, shortName: 'EDS', complete: false },
  { typeUrl: TypeUrl.Listener, shortName: 'LDS', complete: true },
  { typeUrl: TypeUrl.RouteConfiguration, shortName: 'RDS', complete: false },
]

/** What asks for all resources of a type; only LDS and CDS have a list of all. */
export const wildcard = '*'
