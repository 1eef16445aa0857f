import {
  create,
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  Resource,
  type ResourceError,
} from '@inmesh/xds-proto'
import type { ControlStream, StreamListener, StreamOpener } from '../channel/control-stream.js'

/** What a request said, in short. */
export interface RequestLine {
  readonly names: readonly string[]
  readonly version: string
  readonly nonce: string
  readonly node: string | undefined
  readonly complaint: string | undefined
}

/** What an incremental request said, in short. What it did not say is not in it. */
export interface DeltaRequestLine {
  readonly node?: string
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: readonly string[]
  /** Versions by name. */
  readonly initial?: Readonly<Record<string, string>>
  readonly nonce?: string
  readonly complaint?: string
}

/** What an incremental response says. */
export interface DeltaResponseLine {
  /** Serialized resources by name; each has the version of the response unless it names its own. */
  readonly resources?: Readonly<Record<string, Uint8Array>>
  readonly versions?: Readonly<Record<string, string>>
  readonly removed?: readonly string[]
  readonly errors?: readonly ResourceError[]
}

/** A stream whose other end is the test. */
export class FakeStream implements ControlStream {
  readonly method: string
  readonly listener: StreamListener
  readonly #sent: Uint8Array[] = []
  readonly #held: Uint8Array[] = []
  #isPaused = false
  isCancelled = false
  /** Whether the client said that there is no more. */
  isFinished = false

  constructor(method: string, listener: StreamListener) {
    this.method = method
    this.listener = listener
  }

  send(bytes: Uint8Array): void {
    this.#sent.push(bytes)
  }

  pause(): void {
    this.#isPaused = true
  }

  /** As a stream of Node does, it goes on in the next tick. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    process.nextTick(() => {
      while (!this.#isPaused && this.#held.length > 0) this.deliver(this.#held.shift()!)
    })
  }

  /** Gives the client a message, or holds it back while the client does not want one. */
  deliver(bytes: Uint8Array): void {
    if (this.#isPaused) this.#held.push(bytes)
    else if (!this.isCancelled) this.listener.message(bytes)
  }

  finish(): void {
    this.isFinished = true
  }

  cancel(): void {
    this.isCancelled = true
  }

  /** Takes the messages since the last call off. */
  takeMessages<Message>(codec: { decode(bytes: Uint8Array): Message }): Message[] {
    return this.#takeSent(codec)
  }

  /** The requests since the last call, in short. */
  take(typeUrl?: string): RequestLine[] {
    const requests = this.#takeSent(DiscoveryRequest).filter(
      (request) => typeUrl === undefined || request.typeUrl === typeUrl,
    )
    return requests.map(({ resourceNames, versionInfo, responseNonce, node, errorDetail }) => ({
      names: resourceNames,
      version: versionInfo,
      nonce: responseNonce,
      node: node?.id,
      complaint: errorDetail?.message,
    }))
  }

  /** The incremental requests since the last call, in short. */
  takeDelta(typeUrl?: string): DeltaRequestLine[] {
    const requests = this.#takeSent(DeltaDiscoveryRequest)
    return requests.filter((request) => typeUrl === undefined || request.typeUrl === typeUrl).map(deltaLine)
  }

  /** Sends resources of one type. */
  respond(typeUrl: string, version: string, nonce: string, resources: readonly Uint8Array[]): void {
    const anys = resources.map((value) => ({ typeUrl, value }))
    this.respondAny(typeUrl, version, nonce, anys)
  }

  /** Sends anything as the resources of one type. */
  respondAny(
    typeUrl: string,
    version: string,
    nonce: string,
    resources: readonly { typeUrl: string; value: Uint8Array }[],
    resourceErrors: readonly ResourceError[] = [],
  ): void {
    const response = create(DiscoveryResponse, { typeUrl, versionInfo: version, nonce, resources, resourceErrors })
    this.deliver(DiscoveryResponse.encode(response).finish())
  }

  /** Sends what changed of one type. */
  respondDelta(typeUrl: string, version: string, nonce: string, line: DeltaResponseLine): void {
    const resources = Object.entries(line.resources ?? {}).map(([name, value]) =>
      create(Resource, { name, version: line.versions?.[name] ?? version, resource: { typeUrl, value } }),
    )
    const response = create(DeltaDiscoveryResponse, {
      typeUrl,
      systemVersionInfo: version,
      nonce,
      resources,
      removedResources: line.removed ?? [],
      resourceErrors: line.errors ?? [],
    })
    this.deliver(DeltaDiscoveryResponse.encode(response).finish())
  }

  #takeSent<Message>(codec: { decode(bytes: Uint8Array): Message }): Message[] {
    return this.#sent.splice(0).map((bytes) => codec.decode(bytes))
  }
}

function deltaLine(request: DeltaDiscoveryRequest): DeltaRequestLine {
  const { node, resourceNamesSubscribe, resourceNamesUnsubscribe, initialResourceVersions } = request
  return {
    ...(node && { node: node.id }),
    ...(resourceNamesSubscribe.length > 0 && { subscribe: resourceNamesSubscribe }),
    ...(resourceNamesUnsubscribe.length > 0 && { unsubscribe: resourceNamesUnsubscribe }),
    ...(initialResourceVersions.size > 0 && { initial: Object.fromEntries(initialResourceVersions) }),
    ...(request.responseNonce && { nonce: request.responseNonce }),
    ...(request.errorDetail && { complaint: request.errorDetail.message }),
  }
}

/** Opens {@link FakeStream}s. */
export class FakeOpener implements StreamOpener {
  readonly streams: FakeStream[] = []
  isClosed = false

  openStream(method: string, listener: StreamListener): FakeStream {
    const stream = new FakeStream(method, listener)
    this.streams.push(stream)
    return stream
  }

  close(): void {
    this.isClosed = true
  }

  /** The newest stream. */
  get last(): FakeStream {
    const stream = this.streams.at(-1)
    if (stream === undefined) throw new Error('no stream was opened')
    return stream
  }
}
