import type { RequestView } from '../call/request-view.js'
import type { Cluster } from '../cluster/cluster.js'
import type { ClusterFinder } from '../cluster/named-clusters.js'
import type { WeightedCluster } from '../model/route.js'
import type { Destination } from './destination.js'

/** A share of a route's requests, and where it goes. */
export interface RouteShare {
  /** Sum of the weights up to and including this share. */
  readonly upTo: number
  /** Where all its requests go; undefined where each names its own cluster. */
  readonly fixed: Destination | undefined
  /**
   * @param request - A request of the share.
   * @returns undefined when the request names a cluster that does not exist.
   */
  destination(request: RequestView): Destination | undefined
}

/**
 * @param entries - The destinations of a route.
 * @param clusters - Running clusters, all that the entries name.
 * @param named - Finds clusters that requests name.
 * @param compile - Makes an entry, by now with a cluster, ready for requests.
 */
export function compileShares(
  entries: readonly WeightedCluster[],
  clusters: ReadonlyMap<string, Cluster>,
  named: ClusterFinder,
  compile: (entry: WeightedCluster, cluster: Cluster) => Destination,
): readonly RouteShare[] {
  let upTo = 0
  return entries.map((entry) => {
    upTo += entry.weight
    if (entry.clusterHeader === undefined) {
      const fixed = compile(entry, clusters.get(entry.name)!)
      return { upTo, fixed, destination: () => fixed }
    }
    return { upTo, fixed: undefined, destination: byHeader(entry.clusterHeader, entry, named, compile) }
  })
}

function byHeader(
  header: string,
  entry: WeightedCluster,
  named: ClusterFinder,
  compile: (entry: WeightedCluster, cluster: Cluster) => Destination,
): RouteShare['destination'] {
  const known = new WeakMap<Cluster, Destination>()
  return (request) => {
    const cluster = named.find(request.header(header) ?? '')
    if (cluster === undefined) return undefined
    let destination = known.get(cluster)
    if (destination === undefined) {
      destination = compile({ ...entry, name: cluster.name }, cluster)
      known.set(cluster, destination)
    }
    return destination
  }
}
