import { MeshError } from '../errors/mesh-error.js'
import type { InboundChainConfig, InboundConfig } from '../model/inbound-config.js'
import type { InboundSource, InboundWatcher, ServerAddress } from '../ports/inbound-source.js'
import type { Random } from '../ports/random.js'
import { bestChain, type ConnectionView, type RankedChain, rankChain } from './chain-match.js'
import { InboundChain } from './inbound-chain.js'

/**
 * What is known of a server's listener: `pending` nothing yet, `unreachable` nothing, as nobody can be asked, `configured` it applies, `unknown`
 * the source has none, `failed` the server must not serve, `closed` the watch ended before anything was known.
 */
export type InboundState = 'pending' | 'unreachable' | 'configured' | 'unknown' | 'failed' | 'closed'

interface Generation {
  readonly config: InboundConfig
  readonly chains: readonly InboundChain[]
  readonly ranked: readonly RankedChain<InboundChain>[]
  readonly fallback: InboundChain | undefined
}

/** The listener of one server, and what it says now. */
export class InboundListener implements InboundWatcher {
  /** Where the server listens. */
  readonly server: ServerAddress
  readonly #random: Random
  readonly #retired: () => void
  readonly #unwatch: () => void
  readonly #waiting = new Set<() => void>()
  #state: InboundState = 'pending'
  #generation: Generation | undefined
  #error: MeshError | undefined

  /**
   * @param source - Where it comes from.
   * @param server - Where the server listens.
   * @param random - Dice for shares of requests.
   * @param retired - Told when connections belong to a listener that is no longer in use. Default: nobody.
   */
  constructor(source: InboundSource, server: ServerAddress, random: Random, retired: () => void = () => {}) {
    this.server = server
    this.#random = random
    this.#retired = retired
    this.#unwatch = source.watchInbound(server, this)
  }

  /** What is known of it. */
  get state(): InboundState {
    return this.#state
  }

  /** Why the server must not serve, or why nothing is known; present exactly while the state is `failed` or `unreachable`. */
  get error(): MeshError | undefined {
    return this.#error
  }

  /** The configuration in use; present exactly while the state is `configured`. */
  get config(): InboundConfig | undefined {
    return this.#generation?.config
  }

  configured(config: InboundConfig): void {
    if (this.#state === 'closed') return
    const before = this.#generation
    if (before?.config.revision === config.revision) {
      for (const [index, { use }] of config.chains.entries()) before.chains[index]!.change(use)
      if (config.fallback !== undefined) before.fallback!.change(config.fallback.use)
      this.#generation = { ...before, config }
    } else {
      this.#generation = this.#start(config)
    }
    this.#error = undefined
    this.#become('configured')
    if (before !== undefined && before.config.revision !== config.revision) this.#retire(before)
  }

  /** A server whose listener was taken away does not go on without one: what it kept out would come in (gRFC A36). */
  unknown(): void {
    const { config } = this
    if (config !== undefined || this.#state === 'failed') {
      const name = config === undefined ? '' : ` ${config.name}`
      this.failed(new MeshError('ERR_INMESH_RESOURCE_MISSING', `the control plane no longer has the listener${name}`))
    } else if (this.#state !== 'closed') {
      this.#error = undefined
      this.#become('unknown')
    }
  }

  unreachable(error: MeshError): void {
    if (this.#state !== 'pending' && this.#state !== 'unreachable') return
    this.#error = error
    this.#become('unreachable')
  }

  failed(error: MeshError): void {
    if (this.#state === 'closed') return
    const before = this.#generation
    this.#generation = undefined
    this.#error = error
    this.#become('failed')
    if (before !== undefined) this.#retire(before)
  }

  /**
   * The chain that a new connection comes to.
   *
   * @param connection - The connection.
   * @returns undefined when it is to be closed: no chain is for it. Asked only while the state is `configured`.
   */
  chainFor(connection: ConnectionView): InboundChain | undefined {
    const { ranked, fallback } = this.#generation!
    return bestChain(ranked, connection) ?? fallback
  }

  /**
   * Asks to be called once, as soon as something is known.
   *
   * @param callback - What to call.
   * @returns a function that takes the wish back.
   */
  whenSettled(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** Ends the watch; what is known stays in use. Calling it twice does nothing. */
  close(): void {
    this.#unwatch()
    if (this.#state === 'pending' || this.#state === 'unreachable') this.#become('closed')
  }

  #start(config: InboundConfig): Generation {
    const { port } = this.server
    const start = ({ name, use }: InboundChainConfig): InboundChain => new InboundChain(name, use, this.#random, port)
    const chains = config.chains.map(start)
    const ranked = config.chains.map((chain, index) => rankChain(chain, config.detectsProtocols, chains[index]!))
    return { config, chains, ranked, fallback: config.fallback && start(config.fallback) }
  }

  #retire({ chains, fallback }: Generation): void {
    for (const chain of chains) chain.retire()
    fallback?.retire()
    this.#retired()
  }

  #become(state: InboundState): void {
    this.#state = state
    if (state === 'pending') return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }
}
