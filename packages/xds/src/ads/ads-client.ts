import { type Clock, type Logger, MeshError, type Random, SliceQueue, type Slices, silentLogger } from '@inmesh/core'
import type { Node } from '@inmesh/xds-proto'
import type { NodeIdentity, ServerConfig } from '../bootstrap/bootstrap.js'
import { ControlChannel, type ControlChannelOptions } from '../channel/control-channel.js'
import type { StreamEnd, StreamOpener } from '../channel/control-stream.js'
import { statusName } from '../channel/status-name.js'
import type { ResourceProvider, ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import { DeliveryQueue } from '../source/delivery-queue.js'
import type { ResourceRecord } from '../source/resource-record.js'
import { AdsStream, type AdsStreamState } from './ads-stream.js'
import { type DeletionPolicy, dataErrorPolicy } from './data-error-policy.js'
import type { AdsProtocol, DiscoveryRequestEncoder } from './protocol/ads-protocol.js'
import { deltaProtocol } from './protocol/delta-protocol.js'
import type { DiscoveryAnswer } from './protocol/discovery-answer.js'
import { nodeMessage } from './protocol/node-message.js'
import { sotwProtocol } from './protocol/sotw-protocol.js'
import { type SubscriptionHost, TypeSubscription } from './type-subscription.js'

/**
 * The variants of the aggregated discovery service. `sotw`, state of the world: a response of listeners or clusters holds all that there
 * is. `delta`, incremental: it holds what changed.
 */
export type XdsProtocol = 'sotw' | 'delta'

const protocols: Readonly<Record<XdsProtocol, AdsProtocol>> = { sotw: sotwProtocol, delta: deltaProtocol }

/** What an {@link AdsClient} is made of. */
export interface AdsClientOptions {
  /** The management server, one of `Bootstrap.servers`. */
  readonly server: ServerConfig
  /** Who the client says it is, usually `Bootstrap.node`. */
  readonly node: NodeIdentity
  /** Times reconnects, NACKs and resources that do not come. */
  readonly clock: Clock
  /** Spreads reconnects. */
  readonly random: Random
  /** Told of streams opened and lost and of resources rejected. Default: silent. */
  readonly logger?: Logger
  /** Sent to the server as `user_agent_version`. Default: not sent. */
  readonly userAgentVersion?: string
  /** The variant of the protocol. Default `sotw`, which every server speaks. */
  readonly protocol?: XdsProtocol
  /**
   * What becomes of a resource in use that the server deletes, where the server's features do not say it: `keep`, as gRFC A88 has it, or
   * `drop`, as gRPC did before. Default `keep`.
   */
  readonly deletion?: DeletionPolicy
  /**
   * Watchers of a listener or cluster that the server did not answer for within this time, in milliseconds on a connected stream, are told
   * `absent`: for servers that are silent about what they do not have. Default: nobody is told before the resource is missing.
   */
  readonly absentAfterMs?: number
  /** How the connection is kept. */
  readonly channel?: ControlChannelOptions
  /** Opens the streams in place of a gRPC channel. Default: a {@link ControlChannel} to `server`. */
  readonly opener?: StreamOpener
}

/** How an {@link AdsClient} stands with its server. */
export interface AdsConnection {
  /** Where the stream stands. */
  readonly state: AdsStreamState
  /** Why the server could not be reached the last time; undefined once a stream is open. */
  readonly error: MeshError | undefined
}

/** Told how a server answers, whatever it is asked. */
export interface ServerObserver {
  /** A stream failed without a response (gRFC A57). Called for each that does. */
  unreachable(error: MeshError): void
  /** A response came. Called for each. */
  answered(): void
}

/**
 * Resources from a control plane, over one aggregated stream. The stream is opened by the first watch and opened again whenever it is lost,
 * with what was accepted before still in use; it does not keep an idle process alive. One response at a time is dealt with: the next is
 * read when every watcher knows what the last one changed, so that nobody sees half of one and half of the other.
 */
export class AdsClient implements ResourceProvider {
  readonly #server: ServerConfig
  readonly #logger: Logger
  readonly #userAgentVersion: string
  readonly #opener: StreamOpener
  readonly #protocol: AdsProtocol
  readonly #stream: AdsStream
  readonly #queue: DeliveryQueue
  /** Responses in the order in which they came, whatever their types are. */
  readonly #work: SliceQueue
  readonly #host: SubscriptionHost
  readonly #subscriptions = new Map<string, TypeSubscription>()
  readonly #observers = new Set<ServerObserver>()
  #node: Node
  #nodeId: string
  #nodeIsSent = false
  #connectionError: MeshError | undefined
  /** From a stream that failed without a response until the next response. */
  #isOutage = false

  /**
   * @param options - The server, the node and the ports. Nothing is opened yet.
   */
  constructor(options: AdsClientOptions) {
    this.#server = options.server
    this.#logger = options.logger ?? silentLogger
    this.#userAgentVersion = options.userAgentVersion ?? ''
    this.#node = nodeMessage(options.node, this.#userAgentVersion)
    this.#nodeId = options.node.id
    this.#opener =
      options.opener ?? new ControlChannel(options.server, options.clock, { logger: this.#logger, ...options.channel })
    this.#queue = new DeliveryQueue(this.#logger, () => this.#settled())
    this.#work = new SliceQueue(options.clock)
    const protocol = protocols[options.protocol ?? 'sotw']
    this.#protocol = protocol
    this.#host = {
      clock: options.clock,
      logger: this.#logger,
      queue: this.#queue,
      protocol,
      policy: dataErrorPolicy(options.server.features, options.deletion ?? 'keep'),
      origin: { trusted: options.server.features.includes('trusted_xds_server') },
      absentAfterMs: options.absentAfterMs,
      errorSuffix: () => this.#errorSuffix(),
      send: (request) => this.#send(request),
      work: (slices) => this.#work.add(this.#guarded(slices)),
    }
    this.#stream = new AdsStream(this.#opener, protocol.method, options.clock, options.random, {
      opened: () => this.#opened(),
      response: (bytes) => this.#received(bytes),
      lost: (end, hadResponse, delayMs) => this.#lost(end, hadResponse, delayMs),
    })
  }

  /** How the client stands with its server now. */
  get connection(): AdsConnection {
    return { state: this.#stream.state, error: this.#connectionError }
  }

  /** Everything known about every resource that is watched. */
  *records(): Iterable<ResourceRecord> {
    for (const subscription of this.#subscriptions.values()) yield* subscription.records()
  }

  /**
   * Watches one resource. Requests go out together, once the current run of watches is over.
   *
   * @throws MeshError ERR_INMESH_CLOSED after {@link AdsClient.close}.
   */
  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    const unwatch = this.#subscription(type).watch(name, watcher, this.#connectionError)
    this.#stream.start()
    return unwatch
  }

  /**
   * Watches every resource of a type that the control plane has for this node, by the name `*`.
   *
   * @throws MeshError ERR_INMESH_CLOSED after {@link AdsClient.close}.
   */
  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    const unwatch = this.#subscription(type).watchAll(watcher, this.#connectionError)
    this.#stream.start()
    return unwatch
  }

  /**
   * Observes how the server answers. An observer hears of a failure before the watchers, whose calls are queued.
   *
   * @returns a function that ends the observation.
   */
  observe(observer: ServerObserver): () => void {
    this.#observers.add(observer)
    return () => {
      this.#observers.delete(observer)
    }
  }

  /**
   * Presents another node from now on: the stream is ended and opened again at once, since a node is told once per stream. Nothing that
   * was received is lost, and watchers hear nothing of it.
   */
  useNode(node: NodeIdentity): void {
    this.#node = nodeMessage(node, this.#userAgentVersion)
    this.#nodeId = node.id
    for (const subscription of this.#subscriptions.values()) subscription.streamLost()
    this.#stream.restart()
  }

  /** Ends the stream and the connection. Watchers hear nothing any more. */
  close(): void {
    this.#stream.close()
    for (const subscription of this.#subscriptions.values()) subscription.streamLost()
    this.#work.clear()
    this.#queue.close()
    this.#observers.clear()
    this.#opener.close()
  }

  #subscription(type: ResourceType<unknown>): TypeSubscription {
    if (this.#stream.state === 'closed') throw new MeshError('ERR_INMESH_CLOSED', 'the ADS client is closed')
    let subscription = this.#subscriptions.get(type.typeUrl)
    if (subscription === undefined) {
      subscription = new TypeSubscription(type, this.#host)
      this.#subscriptions.set(type.typeUrl, subscription)
    }
    return subscription
  }

  #flush(): void {
    const isOpen = this.#stream.state === 'open'
    for (const subscription of this.#subscriptions.values()) subscription.flush(isOpen)
  }

  /** Every watcher knows of everything that came. */
  #settled(): void {
    this.#flush()
    if (this.#work.isIdle) this.#stream.resume()
  }

  #send(request: DiscoveryRequestEncoder): void {
    this.#stream.send(request(this.#nodeIsSent ? undefined : this.#node))
    this.#nodeIsSent = true
  }

  #opened(): void {
    this.#logger.info(`xds: stream to ${this.#server.uri} opened`)
    this.#nodeIsSent = false
    this.#connectionError = undefined
    for (const subscription of this.#subscriptions.values()) subscription.streamOpened()
    this.#flush()
  }

  #received(bytes: Uint8Array): void {
    let answer: DiscoveryAnswer
    try {
      answer = this.#protocol.decode(bytes)
    } catch (error) {
      // Without a nonce it cannot be rejected.
      this.#stream.fail(`a response cannot be decoded: ${error instanceof Error ? error.message : error}`)
      return
    }
    if (this.#isOutage) {
      this.#isOutage = false
      for (const subscription of this.#subscriptions.values()) subscription.reconnect()
    }
    for (const observer of [...this.#observers]) observer.answered()
    const subscription = this.#subscriptions.get(answer.typeUrl)
    // Neither ACK nor NACK: nobody asked, so nobody can say whether it is right.
    if (subscription === undefined) this.#logger.debug(`xds: passed over a response of type ${answer.typeUrl}`)
    else subscription.receive(answer)
    this.#queue.schedule()
  }

  /** A defect of ours must not end the process, nor leave the stream paused for good. */
  *#guarded(slices: Slices<void>): Slices<void> {
    try {
      yield* slices
    } catch (error) {
      this.#logger.error(`xds: a response could not be dealt with: ${error instanceof Error ? error.stack : error}`)
      this.#stream.fail('a response could not be dealt with')
    }
    this.#queue.schedule()
  }

  #lost(end: StreamEnd, hadResponse: boolean, delayMs: number): void {
    for (const subscription of this.#subscriptions.values()) subscription.streamLost()
    const reason = `${statusName(end.status)}: ${end.reason}`
    const message = `xds: stream to ${this.#server.uri} ended, next attempt in ${Math.round(delayMs)} ms: ${reason}`
    if (hadResponse) {
      this.#logger.info(message)
      return
    }
    this.#logger.warn(message)
    const error = new MeshError(
      'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE',
      `the control plane ${this.#server.uri} did not answer: ${reason}${this.#errorSuffix()}`,
    )
    this.#connectionError = error
    this.#isOutage = true
    for (const subscription of this.#subscriptions.values()) subscription.disconnect(error)
    for (const observer of [...this.#observers]) observer.unreachable(error)
  }

  /** Tells an operator of many clients which one complains. */
  #errorSuffix(): string {
    return this.#nodeId === '' ? '' : ` (node ${this.#nodeId})`
  }
}
