import {
  type Any,
  create,
  DiscoveryRequest,
  DiscoveryResponse,
  Locality,
  Node,
  Resource,
  RpcStatus,
  TypeUrl,
  unpackAny,
} from '@inmesh/xds-proto'
import type { NodeIdentity } from '../bootstrap/bootstrap.js'

/** Method of the state-of-the-world variant of ADS. */
export const aggregatedDiscoveryMethod =
  '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'

/** gRPC status INVALID_ARGUMENT, which a NACK carries. */
const invalidArgument = 3

/** What a DiscoveryRequest says, apart from the node. */
export interface RequestFields {
  readonly typeUrl: string
  readonly names: readonly string[]
  readonly version: string
  readonly nonce: string
  /** Makes it a NACK. */
  readonly complaint?: string
}

/** What a DiscoveryResponse says. */
export interface ResponseFields {
  readonly typeUrl: string
  readonly version: string
  readonly nonce: string
  readonly resources: readonly ReceivedResource[]
}

/** One resource of a response, the Any and a `Resource` around it taken off; or what keeps it from being one. */
export type ReceivedResource =
  | { readonly kind: 'resource'; readonly bytes: Uint8Array }
  | { readonly kind: 'unusable'; readonly bytes: Uint8Array; readonly complaint: string }

/** Who the client says it is, in every first request of a stream. */
export function nodeMessage(identity: NodeIdentity, userAgentVersion: string): Node {
  const { id, cluster, locality, metadata } = identity
  return create(Node, {
    id,
    cluster,
    locality: locality && create(Locality, locality),
    metadata,
    userAgentName: 'inmesh',
    userAgentVersionType: userAgentVersion ? { $case: 'userAgentVersion', value: userAgentVersion } : undefined,
    // Resources may come wrapped in a `Resource`; grpc-go's spelling. Times to live are not understood and not asked for.
    clientFeatures: ['xds.config.resource-in-sotw'],
  })
}

/** Serializes a request. */
export function encodeRequest(fields: RequestFields, node: Node | undefined): Uint8Array {
  const request = create(DiscoveryRequest, {
    node,
    typeUrl: fields.typeUrl,
    resourceNames: fields.names,
    versionInfo: fields.version,
    responseNonce: fields.nonce,
    errorDetail:
      fields.complaint === undefined
        ? undefined
        : create(RpcStatus, { code: invalidArgument, message: fields.complaint }),
  })
  return DiscoveryRequest.encode(request).finish()
}

/**
 * Reads a response.
 *
 * @throws Error when the bytes are no DiscoveryResponse.
 */
export function decodeResponse(bytes: Uint8Array): ResponseFields {
  const { typeUrl, versionInfo, nonce, resources } = DiscoveryResponse.decode(bytes)
  return {
    typeUrl,
    version: versionInfo,
    nonce,
    resources: resources.map((any) => unwrap(any, typeUrl)),
  }
}

function unwrap(any: Any, typeUrl: string): ReceivedResource {
  let inner: Any | undefined = any
  if (any.typeUrl === TypeUrl.Resource && typeUrl !== TypeUrl.Resource) {
    try {
      inner = unpackAny(Resource, any)?.resource
    } catch (error) {
      return unusable(
        any,
        `the Resource around it cannot be decoded: ${error instanceof Error ? error.message : error}`,
      )
    }
    if (inner === undefined) return unusable(any, 'the Resource around it is empty')
  }
  if (inner.typeUrl !== typeUrl) return unusable(any, `it is of type ${inner.typeUrl || '(none)'}, not ${typeUrl}`)
  return { kind: 'resource', bytes: inner.value }
}

function unusable(any: Any, complaint: string): ReceivedResource {
  return { kind: 'unusable', bytes: any.value, complaint }
}
