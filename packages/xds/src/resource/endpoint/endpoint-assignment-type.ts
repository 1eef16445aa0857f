import { finishSlices } from '@inmesh/core'
import { ClusterLoadAssignment, TypeUrl } from '@inmesh/xds-proto'
import { decodeSlices, type SlicedReader } from '../decode-resource.js'
import type { ResourceType } from '../resource-type.js'
import { translateSerialized } from './assignment.js'
import type { EndpointResource } from './endpoint-resource.js'
import { openAssignment, type SerializedAssignment } from './serialized-assignment.js'

const READER: SlicedReader<SerializedAssignment, EndpointResource> = {
  messageName: ClusterLoadAssignment.$type,
  open: openAssignment,
  nameField: 'cluster_name',
  nameOf: ({ message }) => message.clusterName,
  translate: translateSerialized,
}

/** The endpoints of clusters (EDS). One assignment can be larger than all other resources together, so it is decoded in slices. */
export const endpointAssignmentType: ResourceType<EndpointResource> = {
  typeUrl: TypeUrl.ClusterLoadAssignment,
  shortName: 'EDS',
  fullState: false,
  decode: (bytes, previous) => finishSlices(decodeSlices(READER, bytes, previous)),
  decodeSlices: (bytes, previous) => decodeSlices(READER, bytes, previous),
}
