import { create, DiscoveryRequest, DiscoveryResponse } from '@inmesh/xds-proto'
import type { ControlStream, StreamListener, StreamOpener } from '../channel/control-stream.js'

/** What a request said, in short. */
export interface RequestLine {
  readonly names: readonly string[]
  readonly version: string
  readonly nonce: string
  readonly node: string | undefined
  readonly complaint: string | undefined
}

/** A stream whose other end is the test. */
export class FakeStream implements ControlStream {
  readonly listener: StreamListener
  readonly #sent: DiscoveryRequest[] = []
  isCancelled = false

  constructor(listener: StreamListener) {
    this.listener = listener
  }

  send(bytes: Uint8Array): void {
    this.#sent.push(DiscoveryRequest.decode(bytes))
  }

  cancel(): void {
    this.isCancelled = true
  }

  /** The requests since the last call, in short. */
  take(typeUrl?: string): RequestLine[] {
    const requests = this.#sent.splice(0).filter((request) => typeUrl === undefined || request.typeUrl === typeUrl)
    return requests.map(({ resourceNames, versionInfo, responseNonce, node, errorDetail }) => ({
      names: resourceNames,
      version: versionInfo,
      nonce: responseNonce,
      node: node?.id,
      complaint: errorDetail?.message,
    }))
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
  ): void {
    const response = create(DiscoveryResponse, { typeUrl, versionInfo: version, nonce, resources })
    this.listener.message(DiscoveryResponse.encode(response).finish())
  }
}

/** Opens {@link FakeStream}s. */
export class FakeOpener implements StreamOpener {
  readonly streams: FakeStream[] = []
  isClosed = false

  openStream(_method: string, listener: StreamListener): FakeStream {
    const stream = new FakeStream(listener)
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
