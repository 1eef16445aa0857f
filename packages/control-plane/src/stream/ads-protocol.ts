import type { NamedResource } from '@inmesh/istio'
import {
  type Any,
  create,
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  type Node,
  Resource,
  type RpcStatus,
} from '@inmesh/xds-proto'
import { type DeltaAnswer, DeltaSubscription } from './delta-subscription.js'
import type { ServedType } from './resource-types.js'
import { type SotwAnswer, SotwSubscription } from './sotw-subscription.js'
import type { Subscription } from './subscription.js'

/** What requests of both protocols have. */
export interface AdsRequest {
  /** The client; on the first request of a stream only. */
  readonly node: Node | undefined
  /** Full type URL. */
  readonly typeUrl: string
  /** What was wrong with the response that is answered: a NACK. */
  readonly errorDetail: RpcStatus | undefined
}

/** A form of ADS, as a strategy: how requests are read, subscriptions kept and answers written. */
export interface AdsProtocol<Request extends AdsRequest, Answer> {
  /** Name for status and logs. */
  readonly name: 'sotw' | 'delta'
  /** Path of the method. */
  readonly path: string
  /** @throws Error when the bytes are not a request. */
  decode(bytes: Uint8Array): Request
  /** What a stream keeps of one type. */
  subscription(type: ServedType): Subscription<Request, Answer>
  /** Writes a response. */
  encode(typeUrl: string, nonce: string, answer: Answer): Uint8Array
}

const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService'

/** State of the world. */
export const sotwProtocol: AdsProtocol<DiscoveryRequest, SotwAnswer> = {
  name: 'sotw',
  path: `${service}/StreamAggregatedResources`,
  decode: (bytes) => DiscoveryRequest.decode(bytes),
  subscription: (type) => new SotwSubscription(type),
  encode: (typeUrl, nonce, { version, resources }) =>
    DiscoveryResponse.encode(
      create(DiscoveryResponse, { typeUrl, nonce, versionInfo: version, resources: resources.map(anyOfResource) }),
    ).finish(),
}

/** Incremental. */
export const deltaProtocol: AdsProtocol<DeltaDiscoveryRequest, DeltaAnswer> = {
  name: 'delta',
  path: `${service}/DeltaAggregatedResources`,
  decode: (bytes) => DeltaDiscoveryRequest.decode(bytes),
  subscription: (type) => new DeltaSubscription(type),
  encode: (typeUrl, nonce, { resources, removed }) =>
    DeltaDiscoveryResponse.encode(
      create(DeltaDiscoveryResponse, {
        typeUrl,
        nonce,
        resources: resources.map((resource) =>
          create(Resource, { name: resource.name, version: resource.version, resource: anyOfResource(resource) }),
        ),
        removedResources: removed,
      }),
    ).finish(),
}

function anyOfResource({ typeUrl, bytes }: NamedResource): Any {
  return { typeUrl, value: bytes }
}
