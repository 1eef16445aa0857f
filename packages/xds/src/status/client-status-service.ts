import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServiceDefinition,
  StatusObject,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { ClientConfig_GenericXdsConfig, ClientStatusRequest, ClientStatusResponse } from '@inmesh/xds-proto/all'
import { nodeMessage } from '../ads/protocol/node-message.js'
import type { ResourceFault, ResourceRecord, ResourceStatus } from '../source/resource-record.js'
import type { ClientStatus } from './client-status.js'

type Messages = typeof import('@inmesh/xds-proto/all')

const service = '/envoy.service.status.v3.ClientStatusDiscoveryService'

/** gRPC status INVALID_ARGUMENT. */
const invalidArgument = 3

/** A service and what answers it: the two arguments of `Server.addService()` of grpc-js. */
export interface ClientStatusService {
  /** Names and codecs of the methods. */
  readonly definition: ServiceDefinition
  /** Answers them. */
  readonly implementation: UntypedServiceImplementation
}

/**
 * Makes Envoy's client status discovery service (CSDS, gRFC A40), for tools such as `grpcdebug`, to be added to a server of grpc-js. What it
 * tells includes configuration in full, so it belongs on an address that only operators reach. A request that selects nodes is refused
 * with INVALID_ARGUMENT: there is one.
 *
 * @param status - What to tell, asked for with each request: `mesh.clientStatus()`.
 */
export async function clientStatusService(status: () => readonly ClientStatus[]): Promise<ClientStatusService> {
  // Half a dozen kinds of configuration dump hang on these messages, and few processes need them.
  const messages = await import('@inmesh/xds-proto/all')
  const codecs = {
    requestSerialize: (request: ClientStatusRequest) =>
      Buffer.from(messages.ClientStatusRequest.encode(request).finish()),
    requestDeserialize: (bytes: Buffer) => messages.ClientStatusRequest.decode(bytes),
    responseSerialize: (response: ClientStatusResponse) => {
      return Buffer.from(messages.ClientStatusResponse.encode(response).finish())
    },
    responseDeserialize: (bytes: Buffer) => messages.ClientStatusResponse.decode(bytes),
  }
  const answer = (request: ClientStatusRequest): ClientStatusResponse | Partial<StatusObject> => {
    if (request.nodeMatchers.length > 0) {
      return { code: invalidArgument, details: 'node_matchers select among nodes, and a client is only one' }
    }
    return responseOf(messages, status(), request.excludeResourceContents)
  }
  return {
    definition: {
      StreamClientStatus: {
        path: `${service}/StreamClientStatus`,
        requestStream: true,
        responseStream: true,
        ...codecs,
      },
      FetchClientStatus: {
        path: `${service}/FetchClientStatus`,
        requestStream: false,
        responseStream: false,
        ...codecs,
      },
    },
    implementation: {
      StreamClientStatus: (call: ServerDuplexStream<ClientStatusRequest, ClientStatusResponse>) => {
        call.on('data', (request: ClientStatusRequest) => {
          const answered = answer(request)
          if ('config' in answered) call.write(answered)
          else call.emit('error', answered)
        })
        call.on('end', () => call.end())
      },
      FetchClientStatus: (
        call: ServerUnaryCall<ClientStatusRequest, ClientStatusResponse>,
        done: sendUnaryData<ClientStatusResponse>,
      ) => {
        const answered = answer(call.request)
        if ('config' in answered) done(null, answered)
        else done(answered)
      },
    },
  }
}

function responseOf(
  messages: Messages,
  statuses: readonly ClientStatus[],
  excludeContents: boolean,
): ClientStatusResponse {
  const { create, ClientConfig, ClientStatusResponse } = messages
  const config = statuses.map(({ server, node, resources }) =>
    create(ClientConfig, {
      node: nodeMessage(node, ''),
      clientScope: server,
      genericXdsConfigs: resources.map((resource) => genericConfig(messages, resource, excludeContents)),
    }),
  )
  return create(ClientStatusResponse, { config })
}

function genericConfig(
  messages: Messages,
  record: ResourceRecord,
  excludeContents: boolean,
): ClientConfig_GenericXdsConfig {
  const { create, ClientConfig_GenericXdsConfig, ClientResourceStatus } = messages
  const { typeUrl, name, version, status, updatedMs, fault } = record
  const bytes = excludeContents ? undefined : record.bytes
  return create(ClientConfig_GenericXdsConfig, {
    typeUrl,
    name,
    versionInfo: version,
    xdsConfig: bytes && { typeUrl, value: bytes },
    lastUpdated: updatedMs === 0 ? undefined : timestamp(updatedMs),
    clientStatus: ClientResourceStatus[STATUS_NAMES[status]],
    errorState: fault && errorState(messages, typeUrl, fault, excludeContents),
  })
}

const STATUS_NAMES = {
  requested: 'REQUESTED',
  accepted: 'ACKED',
  rejected: 'NACKED',
  failed: 'RECEIVED_ERROR',
  missing: 'DOES_NOT_EXIST',
  overdue: 'TIMEOUT',
} as const satisfies Record<ResourceStatus, string>

function errorState(
  { create, UpdateFailureState }: Messages,
  typeUrl: string,
  { details, atMs, version, bytes }: ResourceFault,
  excludeContents: boolean,
) {
  return create(UpdateFailureState, {
    details,
    versionInfo: version,
    lastUpdateAttempt: timestamp(atMs),
    failedConfiguration: bytes && !excludeContents ? { typeUrl, value: bytes } : undefined,
  })
}

function timestamp(epochMs: number) {
  const seconds = Math.floor(epochMs / 1_000)
  return { seconds: BigInt(seconds), nanos: Math.round((epochMs - seconds * 1_000) * 1_000_000) }
}
