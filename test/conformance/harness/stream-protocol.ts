import {
  create,
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  type Node,
  Resource,
  type ResourceError,
  type RpcStatus,
} from '@inmesh/xds-proto/all'
import type { ServedResource } from './world.js'

/** A request of either protocol, as a test looks at it. */
export interface ReceivedRequest {
  readonly typeUrl: string
  readonly node: Node | undefined
  readonly nonce: string
  readonly error: RpcStatus | undefined
  /** State of the world only. */
  readonly version?: string
  /** State of the world only: all names asked for. */
  readonly names?: readonly string[]
  /** Incremental only. */
  readonly subscribe?: readonly string[]
  /** Incremental only. */
  readonly unsubscribe?: readonly string[]
  /** Incremental only. */
  readonly initialVersions?: Readonly<Record<string, string>>
}

/** A response of either protocol. */
export interface ResponseParts {
  readonly typeUrl: string
  readonly version: string
  readonly nonce: string
  readonly resources: readonly ServedResource[]
  /** Incremental only. */
  readonly removed?: readonly string[]
  readonly errors?: readonly { readonly name: string; readonly code: number; readonly message: string }[]
  /** State of the world only: each resource stands in a `Resource` of its own. */
  readonly wrapped?: boolean
}

/** One of the two protocols on the wire. */
export interface StreamProtocol {
  readonly kind: 'sotw' | 'delta'
  decode(bytes: Uint8Array): ReceivedRequest
  encode(response: ResponseParts): Uint8Array
}

const resourceTypeUrl = 'type.googleapis.com/envoy.service.discovery.v3.Resource'

function errorsOf({ errors = [] }: ResponseParts): ResourceError[] {
  return errors.map(({ name, code, message }) => ({
    resourceName: { name, dynamicParameterConstraints: undefined },
    errorDetail: { code, message, details: [] },
  }))
}

function wrap({ name, version, typeUrl, value }: ServedResource): Resource {
  return create(Resource, { name, version, resource: { typeUrl, value } })
}

/** State of the world. */
export const sotwProtocol: StreamProtocol = {
  kind: 'sotw',
  decode: (bytes) => {
    const { typeUrl, node, responseNonce, errorDetail, versionInfo, resourceNames } = DiscoveryRequest.decode(bytes)
    return { typeUrl, node, nonce: responseNonce, error: errorDetail, version: versionInfo, names: resourceNames }
  },
  encode: (parts) => {
    const resources = parts.resources.map((resource) =>
      parts.wrapped === true
        ? { typeUrl: resourceTypeUrl, value: Resource.encode(wrap(resource)).finish() }
        : { typeUrl: resource.typeUrl, value: resource.value },
    )
    const { typeUrl, version, nonce } = parts
    return DiscoveryResponse.encode(
      create(DiscoveryResponse, { typeUrl, versionInfo: version, nonce, resources, resourceErrors: errorsOf(parts) }),
    ).finish()
  },
}

/** Incremental. */
export const deltaProtocol: StreamProtocol = {
  kind: 'delta',
  decode: (bytes) => {
    const request = DeltaDiscoveryRequest.decode(bytes)
    return {
      typeUrl: request.typeUrl,
      node: request.node,
      nonce: request.responseNonce,
      error: request.errorDetail,
      subscribe: request.resourceNamesSubscribe,
      unsubscribe: request.resourceNamesUnsubscribe,
      initialVersions: Object.fromEntries(Object.entries(request.initialResourceVersions)),
    }
  },
  encode: (parts) =>
    DeltaDiscoveryResponse.encode(
      create(DeltaDiscoveryResponse, {
        typeUrl: parts.typeUrl,
        systemVersionInfo: parts.version,
        nonce: parts.nonce,
        resources: parts.resources.map(wrap),
        removedResources: [...(parts.removed ?? [])],
        resourceErrors: errorsOf(parts),
      }),
    ).finish(),
}
