import type { NamedResource } from '@inmesh/istio'
import { ClusterLoadAssignment, TypeUrl } from '@inmesh/xds-proto'

/**
 * @param resource - A resource of any type.
 * @returns whether it is the endpoints of a cluster and there are none.
 */
export function isEmptyAssignment(resource: NamedResource): boolean {
  return (
    resource.typeUrl === TypeUrl.ClusterLoadAssignment &&
    ClusterLoadAssignment.decode(resource.bytes).endpoints.length === 0
  )
}
