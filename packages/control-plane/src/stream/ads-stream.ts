import type { ServerDuplexStream } from '@grpc/grpc-js'
import { status as grpcStatus } from '@grpc/grpc-js'
import type { NodeResources, NodeView } from '@inmesh/istio'
import { TypeUrl } from '@inmesh/xds-proto'
import type { NackStatus, StreamStatus } from '../control-plane-status.js'
import { type ConnectedNode, connectedNode } from '../node/connected-node.js'
import type { AdsProtocol, AdsRequest } from './ads-protocol.js'
import { servedTypes, wildcard } from './resource-types.js'
import type { Subscription } from './subscription.js'

/** A stream as its owner sees it. */
export interface OpenStream {
  /** Address and port of the client. */
  readonly peer: string
  /** The client; undefined until its first request. */
  readonly node: ConnectedNode | undefined
  /** Names of listeners asked for. */
  readonly listenerNames: ReadonlySet<string>
  /** What the stream does now. */
  status(): StreamStatus
  /** Sends what changed. */
  push(): void
  /** Ends the stream in good order. */
  end(): void
}

/** What a stream needs of its owner, and tells it. */
export interface StreamOwner {
  /** A client opened a stream. */
  opened(stream: OpenStream): void
  /** What there is for a client now. */
  resources(view: NodeView): NodeResources
  /** Whether the control plane started so lately that workloads may still be on their way back to it. */
  readonly isRecovering: boolean
  /** The client made itself known. */
  identified(stream: OpenStream, node: ConnectedNode): void
  /** The client asked for other listeners than before. */
  listenersChanged(stream: OpenStream, node: ConnectedNode): void
  /** The client refused a response. */
  nacked(node: ConnectedNode, nack: NackStatus): void
  /** The stream is over. Called once. */
  closed(stream: OpenStream, node: ConnectedNode | undefined): void
}

/** The call that carries a stream: bytes in, bytes out. */
export type AdsCall = ServerDuplexStream<Uint8Array, Uint8Array>

/** One stream of one client, in either protocol. */
export class AdsStream<Request extends AdsRequest, Answer> implements OpenStream {
  readonly peer: string
  readonly #call: AdsCall
  readonly #protocol: AdsProtocol<Request, Answer>
  readonly #owner: StreamOwner
  readonly #subscriptions = new Map<string, Subscription<Request, Answer>>()
  readonly #nacks = new Map<string, NackStatus>()
  #node: ConnectedNode | undefined
  #nonce = 0
  #isOver = false

  /**
   * @param call - The call.
   * @param protocol - Its protocol.
   * @param owner - Its owner.
   */
  constructor(call: AdsCall, protocol: AdsProtocol<Request, Answer>, owner: StreamOwner) {
    this.peer = call.getPeer()
    this.#call = call
    this.#protocol = protocol
    this.#owner = owner
    call.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    call.on('end', () => this.end())
    call.on('cancelled', () => this.#finish())
    call.on('close', () => this.#finish())
    call.on('error', () => this.#finish())
  }

  get node(): ConnectedNode | undefined {
    return this.#node
  }

  get listenerNames(): ReadonlySet<string> {
    return this.#subscriptions.get(TypeUrl.Listener)?.names ?? new Set()
  }

  status(): StreamStatus {
    const subscriptions: Record<string, readonly string[]> = {}
    for (const { typeUrl, shortName } of servedTypes) {
      const subscription = this.#subscriptions.get(typeUrl)
      if (subscription === undefined) continue
      subscriptions[shortName] = [...(subscription.isWildcard ? [wildcard] : []), ...subscription.names]
    }
    return {
      nodeId: this.#node?.id ?? '',
      namespace: this.#node?.view.namespace ?? '',
      peer: this.peer,
      protocol: this.#protocol.name,
      subscriptions,
      nacks: [...this.#nacks.values()],
    }
  }

  push(): void {
    const node = this.#node
    if (node === undefined || this.#isOver) return
    const resources = this.#owner.resources(node.view)
    for (const { typeUrl } of servedTypes) {
      const subscription = this.#subscriptions.get(typeUrl)
      const answer = subscription?.push(resources, this.#owner.isRecovering)
      if (subscription !== undefined && answer !== undefined) this.#send(typeUrl, subscription, answer)
    }
  }

  end(): void {
    if (this.#isOver) return
    this.#call.end()
    this.#finish()
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return
    let request: Request
    try {
      request = this.#protocol.decode(bytes)
    } catch {
      this.#call.emit('error', { code: grpcStatus.INVALID_ARGUMENT, details: 'not a discovery request' })
      return
    }
    const node = this.#identify(request)
    const type = servedTypes.find(({ typeUrl }) => typeUrl === request.typeUrl)
    // Types that nobody here knows are left unanswered, as by other control planes; the client goes on without.
    if (type === undefined) return
    let subscription = this.#subscriptions.get(type.typeUrl)
    if (subscription === undefined) {
      subscription = this.#protocol.subscription(type)
      this.#subscriptions.set(type.typeUrl, subscription)
    }
    if (subscription.isStale(request)) return
    this.#note(request, node, type.shortName)
    const listeners = new Set(this.listenerNames)
    const answer = subscription.accept(request, this.#owner.resources(node.view), this.#owner.isRecovering)
    if (answer !== undefined) this.#send(type.typeUrl, subscription, answer)
    if (type.typeUrl === TypeUrl.Listener && !areEqual(listeners, subscription.names)) {
      this.#owner.listenersChanged(this, node)
    }
  }

  #identify(request: Request): ConnectedNode {
    if (this.#node !== undefined) return this.#node
    const node = connectedNode(request.node)
    this.#node = node
    this.#owner.identified(this, node)
    return node
  }

  #note(request: Request, node: ConnectedNode, type: string): void {
    if (request.errorDetail === undefined) {
      this.#nacks.delete(type)
      return
    }
    const nack = { type, reason: request.errorDetail.message }
    this.#nacks.set(type, nack)
    this.#owner.nacked(node, nack)
  }

  #send(typeUrl: string, subscription: Subscription<Request, Answer>, answer: Answer): void {
    this.#nonce += 1
    const nonce = String(this.#nonce)
    subscription.sent(nonce)
    this.#call.write(this.#protocol.encode(typeUrl, nonce, answer))
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.closed(this, this.#node)
  }
}

function areEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name))
}
