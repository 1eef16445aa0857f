import { create, Locality, Node } from '@inmesh/xds-proto'
import type { NodeIdentity } from '../../bootstrap/bootstrap.js'

/** Who the client says it is, in the first request of every stream and in no other. */
export function nodeMessage(identity: NodeIdentity, userAgentVersion: string): Node {
  const { id, cluster, locality, metadata } = identity
  return create(Node, {
    id,
    cluster,
    locality: locality && create(Locality, locality),
    metadata,
    userAgentName: 'inmesh',
    userAgentVersionType: userAgentVersion ? { $case: 'userAgentVersion', value: userAgentVersion } : undefined,
    // Resources may come wrapped in a `Resource`: as the xDS protocol spells it, and as grpc-go does. Times to live are not asked for.
    clientFeatures: ['xds.config.supports-resource-in-sotw', 'xds.config.resource-in-sotw'],
  })
}
