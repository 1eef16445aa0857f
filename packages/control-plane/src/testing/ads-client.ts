import { Client, type ClientDuplexStream, credentials, type StatusObject } from '@grpc/grpc-js'
import {
  create,
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  messageTypes,
  Node,
  RpcStatus,
  TypeUrl,
} from '@inmesh/xds-proto/all'
import type { AdsRequest } from '../stream/ads-protocol.js'
import { deltaProtocol, sotwProtocol } from '../stream/ads-protocol.js'

/** Type URLs by the short names of their types. */
export const types = {
  LDS: TypeUrl.Listener,
  RDS: TypeUrl.RouteConfiguration,
  CDS: TypeUrl.Cluster,
  EDS: TypeUrl.ClusterLoadAssignment,
} as const

/** Short name of a type. */
export type TypeName = keyof typeof types

/** Who a test's client says it is. */
export function testNode(metadata: Record<string, unknown> = {}, id = 'test-node'): Node {
  return create(Node, { id, metadata: { NAMESPACE: 'shop', ...metadata } })
}

/** Connects to a control plane on loopback, for as long as the test runs. */
export class AdsTestClient {
  readonly #client: Client

  constructor(port: number, after: (close: () => void) => void) {
    // Each client has a connection of its own, as processes do.
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    })
    after(() => this.close())
  }

  /** Closes the connection, and all streams with it. */
  close(): void {
    this.#client.close()
  }

  sotw(node: Node = testNode()): SotwTestStream {
    return new SotwTestStream(this.#open(sotwProtocol.path, DiscoveryRequest, DiscoveryResponse), node)
  }

  delta(node: Node = testNode()): DeltaTestStream {
    return new DeltaTestStream(this.#open(deltaProtocol.path, DeltaDiscoveryRequest, DeltaDiscoveryResponse), node)
  }

  /** Sends what is no message, and gives the status that the stream ends with. */
  garbage(): Promise<StatusObject> {
    const call = this.#client.makeBidiStreamRequest(
      sotwProtocol.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    )
    call.on('error', () => {})
    call.write(Buffer.from([0xff, 0xff, 0xff]))
    return new Promise((resolve) => call.on('status', resolve))
  }

  #open<Request, Response>(
    path: string,
    request: { encode(message: Request): { finish(): Uint8Array } },
    response: { decode(bytes: Uint8Array): Response },
  ): ClientDuplexStream<Request, Response> {
    return this.#client.makeBidiStreamRequest(
      path,
      (message: Request) => Buffer.from(request.encode(message).finish()),
      (bytes: Buffer) => response.decode(bytes),
    )
  }
}

class TestStream<Request extends AdsRequest, Response> {
  readonly #call: ClientDuplexStream<Request, Response>
  readonly #arrived: Response[] = []
  #waiting: ((response: Response) => void) | undefined
  readonly #node: Node
  #isFirst = true
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>

  constructor(call: ClientDuplexStream<Request, Response>, node: Node) {
    this.#call = call
    this.#node = node
    call.on('data', (response: Response) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      if (waiting === undefined) this.#arrived.push(response)
      else waiting(response)
    })
    this.ended = new Promise((resolve) => {
      call.on('end', resolve)
      call.on('error', () => resolve())
    })
  }

  /** The next response. */
  next(): Promise<Response> {
    const response = this.#arrived.shift()
    if (response !== undefined) return Promise.resolve(response)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Breaks the stream off, as a process that dies does. */
  cancel(): void {
    this.#call.cancel()
  }

  protected write(request: Request): void {
    this.#call.write(this.#isFirst ? { ...request, node: this.#node } : request)
    this.#isFirst = false
  }
}

/** A stream of the state-of-the-world protocol. */
export class SotwTestStream extends TestStream<DiscoveryRequest, DiscoveryResponse> {
  /** Asks for names, or answers a response. */
  ask(type: TypeName, resourceNames: readonly string[], answered?: DiscoveryResponse, error?: string): void {
    this.write(
      create(DiscoveryRequest, {
        typeUrl: types[type],
        resourceNames,
        versionInfo: answered?.versionInfo ?? '',
        responseNonce: answered?.nonce ?? '',
        errorDetail: error === undefined ? undefined : create(RpcStatus, { code: 3, message: error }),
      }),
    )
  }

  /** Asks, and takes the response. */
  async get(type: TypeName, names: readonly string[], answered?: DiscoveryResponse): Promise<DiscoveryResponse> {
    this.ask(type, names, answered)
    const response = await this.next()
    this.ask(type, names, response)
    return response
  }
}

/** A stream of the incremental protocol. */
export class DeltaTestStream extends TestStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  ask(type: TypeName, change: Partial<DeltaDiscoveryRequest>): void {
    this.write(create(DeltaDiscoveryRequest, { typeUrl: types[type], ...change }))
  }

  subscribe(type: TypeName, ...names: readonly string[]): void {
    this.ask(type, { resourceNamesSubscribe: names })
  }

  answer(response: DeltaDiscoveryResponse, error?: string): void {
    this.write(
      create(DeltaDiscoveryRequest, {
        typeUrl: response.typeUrl,
        responseNonce: response.nonce,
        errorDetail: error === undefined ? undefined : create(RpcStatus, { code: 3, message: error }),
      }),
    )
  }

  /** The next response, taken. */
  async take(): Promise<DeltaDiscoveryResponse> {
    const response = await this.next()
    this.answer(response)
    return response
  }
}

/** `TYPE name, name` of a response, and `-name` for what is gone. */
export function summary(response: DiscoveryResponse | DeltaDiscoveryResponse): string {
  const names =
    'removedResources' in response
      ? [...response.resources.map(({ name }) => name), ...response.removedResources.map((name) => `-${name}`)]
      : response.resources.map(({ typeUrl, value }) => nameOf(typeUrl, value))
  return `${shortName(response.typeUrl)} ${names.join(', ')}`.trim()
}

/** Addresses of all endpoints in a response of EDS. */
export function endpointAddresses(response: DiscoveryResponse | DeltaDiscoveryResponse): readonly string[] {
  const anys =
    'removedResources' in response
      ? response.resources.flatMap(({ resource }) => (resource === undefined ? [] : [resource]))
      : response.resources
  return anys.flatMap(({ typeUrl, value }) => {
    const assignment = messageTypes.get(typeUrl)?.decode(value) as import('@inmesh/xds-proto/all').ClusterLoadAssignment
    return assignment.endpoints.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier }) => {
        const endpoint = hostIdentifier?.$case === 'endpoint' ? hostIdentifier.value : undefined
        const address = endpoint?.address?.address
        if (address?.$case !== 'socketAddress') return 'no address'
        const { portSpecifier } = address.value
        return `${address.value.address}:${portSpecifier?.value}`
      }),
    )
  })
}

function nameOf(typeUrl: string, value: Uint8Array): string {
  const message = messageTypes.get(typeUrl)?.decode(value) as { name?: string; clusterName?: string }
  return message.name ?? message.clusterName ?? ''
}

function shortName(typeUrl: string): string {
  return Object.entries(types).find(([, url]) => url === typeUrl)?.[0] ?? typeUrl
}
