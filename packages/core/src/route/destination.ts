import type { Cluster } from '../cluster/cluster.js'
import type { FilterChain } from '../filters/filter-chain.js'
import type { HeaderChanges } from '../headers/header-changes.js'
import type { SubsetMatch } from '../hosts/subset-match.js'
import type { RequestChanges } from '../rewrite/request-changes.js'

/** What a request passes before it goes out, and what its response passes on the way back. */
export interface Passage {
  /** Filters, overrides applied. */
  readonly filters: FilterChain
  /** What the route changes on the request; undefined for nothing. */
  readonly requestChanges?: RequestChanges | undefined
  /** What the route changes on the response; undefined for nothing. */
  readonly responseChanges: HeaderChanges | undefined
}

/** One destination of a compiled route. */
export interface Destination extends Passage {
  /** The running cluster. */
  readonly cluster: Cluster
  /** What endpoints must have in their metadata; undefined when nothing is asked. */
  readonly subset: SubsetMatch | undefined
}
