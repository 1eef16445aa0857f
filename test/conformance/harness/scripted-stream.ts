import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { JsonLine } from '../../support/test-process.js'
import type { ReceivedRequest, ResponseParts, StreamProtocol } from './stream-protocol.js'
import { readResource, type ScriptedResource, shortNameOf, typeUrlOf, type World } from './world.js'

export type { StreamProtocol } from './stream-protocol.js'

/** Types whose responses of state of the world hold all that is subscribed, so that absence means deletion. */
const completeTypes: ReadonlySet<string> = new Set(['Listener', 'Cluster'])

/** A response that a test words itself. */
export type WordedResponse = {
  /** Full name of the type. */
  readonly type: string
  readonly version: string
  readonly resources?: readonly ScriptedResource[]
  readonly removed?: readonly string[]
  readonly errors?: ResponseParts['errors']
  readonly wrapped?: boolean
}

/** What one stream knows of a type. */
interface Subscription {
  readonly typeUrl: string
  /** Names; `*` is everything. */
  names: Set<string>
  /** Versions as sent last, by name. */
  readonly sent: Map<string, string>
  /** Names whose absence was told (incremental). */
  readonly toldAbsent: Set<string>
  /** Whether anything was asked for since the last response. */
  asked: boolean
}

/** One ADS stream of the scripted server. */
export class ScriptedStream {
  readonly id: number
  readonly #protocol: StreamProtocol
  readonly #call: ServerDuplexStream<Buffer, Buffer>
  readonly #world: World
  readonly #say: (line: JsonLine) => void
  readonly #subscriptions = new Map<string, Subscription>()
  #nonce = 0

  constructor(
    id: number,
    protocol: StreamProtocol,
    call: ServerDuplexStream<Buffer, Buffer>,
    world: World,
    say: (line: JsonLine) => void,
  ) {
    this.id = id
    this.#protocol = protocol
    this.#call = call
    this.#world = world
    this.#say = say
    say({ event: 'stream', stream: id, protocol: protocol.kind })
    call.on('data', (bytes: Buffer) => this.#received(protocol.decode(bytes)))
  }

  /** Sends what changed and was asked for. */
  push(): void {
    for (const subscription of this.#subscriptions.values()) this.#answer(subscription)
  }

  /**
   * Sends responses as worded, one right after the other.
   *
   * @returns their nonces.
   */
  send(responses: readonly WordedResponse[]): string[] {
    return responses.map(partsOf).map((parts) => this.#write(parts))
  }

  /** Ends the stream, with code 0 in good order. */
  end(code: number): void {
    if (code === 0) this.#call.end()
    else this.#call.emit('error', { code, details: 'ended by the test' })
  }

  #received(request: ReceivedRequest): void {
    const { typeUrl, node, error, ...rest } = request
    this.#say({
      event: 'request',
      stream: this.id,
      atMs: performance.now(),
      type: shortNameOf(typeUrl),
      ...rest,
      error: error?.message ?? null,
      errorCode: error?.code ?? null,
      node: node === undefined ? null : { id: node.id, userAgent: node.userAgentName, features: node.clientFeatures },
    })
    let subscription = this.#subscriptions.get(typeUrl)
    if (subscription === undefined) {
      subscription = { typeUrl, names: new Set(), sent: new Map(), toldAbsent: new Set(), asked: true }
      this.#subscriptions.set(typeUrl, subscription)
      for (const [name, version] of Object.entries(request.initialVersions ?? {})) subscription.sent.set(name, version)
    }
    this.#subscribe(subscription, request)
    this.#answer(subscription)
  }

  #subscribe(subscription: Subscription, request: ReceivedRequest): void {
    if (request.names !== undefined) {
      const names = new Set(request.names)
      for (const name of names) if (!subscription.names.has(name)) subscription.asked = true
      // What is asked for anew is sent anew.
      for (const name of subscription.names) if (!names.has(name)) subscription.sent.delete(name)
      subscription.names = names
      return
    }
    for (const name of request.unsubscribe ?? []) {
      subscription.names.delete(name)
      subscription.sent.delete(name)
    }
    for (const name of request.subscribe ?? []) {
      subscription.names.add(name)
      subscription.asked = true
      subscription.toldAbsent.delete(name)
    }
  }

  #answer(subscription: Subscription): void {
    const { typeUrl, names, sent } = subscription
    const shortName = shortNameOf(typeUrl)
    if (names.size === 0 || this.#world.silent.has(shortName)) return
    const type = this.#world.type(typeUrl)
    const wanted = [...type.resources.values()].filter(({ name }) => names.has('*') || names.has(name))
    const news = wanted.filter(({ name, version }) => sent.get(name) !== version)
    const gone = [...sent.keys()].filter((name) => !type.resources.has(name))
    const { asked } = subscription
    subscription.asked = false
    for (const name of gone) sent.delete(name)
    for (const { name, version } of news) sent.set(name, version)
    if (this.#protocol.kind === 'delta') {
      const absent = [...names].filter((name) => name !== '*' && !type.resources.has(name))
      const removed = absent.filter((name) => gone.includes(name) || !subscription.toldAbsent.has(name))
      for (const name of removed) subscription.toldAbsent.add(name)
      for (const { name } of news) subscription.toldAbsent.delete(name)
      if (news.length > 0 || removed.length > 0) {
        this.#write({ typeUrl, version: type.version, resources: news, removed })
      }
    } else if (completeTypes.has(shortName) ? asked || news.length > 0 || gone.length > 0 : news.length > 0) {
      this.#write({ typeUrl, version: type.version, resources: completeTypes.has(shortName) ? wanted : news })
    }
  }

  #write(parts: Omit<ResponseParts, 'nonce'>): string {
    const nonce = `${this.id}-${++this.#nonce}`
    this.#call.write(Buffer.from(this.#protocol.encode({ ...parts, nonce })))
    this.#say({
      event: 'response',
      stream: this.id,
      type: shortNameOf(parts.typeUrl),
      version: parts.version,
      nonce,
      names: parts.resources.map(({ name }) => name),
      removed: parts.removed ?? [],
    })
    return nonce
  }
}

function partsOf(response: WordedResponse): Omit<ResponseParts, 'nonce'> {
  const { type, version, resources = [], removed = [], errors = [], wrapped = false } = response
  const served = resources.map((resource) => readResource(resource, version))
  return { typeUrl: typeUrlOf(type), version, resources: served, removed, errors, wrapped }
}
