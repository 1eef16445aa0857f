import { ClusterLoadAssignment, TypeUrl } from '@inmesh/xds-proto'
import { decodeResource, type ResourceReader } from '../decode-resource.js'
import type { ResourceType } from '../resource-type.js'
import { translateAssignment } from './assignment.js'
import type { EndpointResource } from './endpoint-resource.js'

const READER: ResourceReader<ClusterLoadAssignment, EndpointResource> = {
  codec: ClusterLoadAssignment,
  nameField: 'cluster_name',
  nameOf: (assignment) => assignment.clusterName,
  translate: translateAssignment,
}

/** The endpoints of clusters (EDS). */
export const endpointAssignmentType: ResourceType<EndpointResource> = {
  typeUrl: TypeUrl.ClusterLoadAssignment,
  shortName: 'EDS',
  fullState: false,
  decode: (bytes) => decodeResource(READER, bytes),
}
