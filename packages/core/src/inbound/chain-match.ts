import { NetworkSet } from '../matching/network-set.js'
import type { ChainMatch, InboundChainConfig, NetworkBlock } from '../model/inbound-config.js'

/** A connection as the choice of a chain sees it; a socket of node:net is one. */
export interface ConnectionView {
  /** Address that it was made to. */
  readonly localAddress?: string | undefined
  /** Port that it was made to. */
  readonly localPort?: number | undefined
  /** Address of the peer. */
  readonly remoteAddress?: string | undefined
  /** Port of the peer. */
  readonly remotePort?: number | undefined
}

/** How well a chain fits a connection in one respect: below 0 not at all, 0 where it asks nothing, and the more it asks for the higher. */
type Rank = (connection: ConnectionView) => number

const UNFIT = -1
const ANY: Rank = () => 0
const NEVER: Rank = () => UNFIT

/** What an inspector calls the protocols that a plaintext server of HTTP speaks. */
const HTTP_PROTOCOLS: readonly string[] = ['http/1.0', 'http/1.1', 'h2c']

/** What a chain asks for, in the order in which Envoy asks (envoy.config.listener.v3.FilterChainMatch). */
export interface RankedChain<T> {
  /** What stands for the chain. */
  readonly chain: T
  /** The respects, in order. */
  readonly ranks: readonly Rank[]
}

/**
 * @param config - A chain.
 * @param detectsProtocols - Whether the application protocol of a plaintext connection is known.
 * @param chain - What stands for it.
 */
export function rankChain<T>({ match }: InboundChainConfig, detectsProtocols: boolean, chain: T): RankedChain<T> {
  return {
    chain,
    ranks: [
      rankPort(match.destinationPort),
      rankNetworks(match.destinations, ({ localAddress }) => localAddress),
      // A plaintext connection asks for no name.
      match.serverNames.length > 0 ? NEVER : ANY,
      rankTransport(match.transport),
      rankProtocols(match.protocols, detectsProtocols),
      rankNetworks(match.directSources, ({ remoteAddress }) => remoteAddress),
      rankSource(match.source),
      rankNetworks(match.sources, ({ remoteAddress }) => remoteAddress),
      rankSourcePorts(match.sourcePorts),
    ],
  }
}

/**
 * Finds the chain of a plaintext connection. In each respect, one after the other, only the chains that fit best are looked at further: a chain
 * that fits less well does not come back when a better one fails later (Envoy).
 *
 * @param chains - The chains.
 * @param connection - The connection.
 * @returns undefined when there is none.
 */
export function bestChain<T>(chains: readonly RankedChain<T>[], connection: ConnectionView): T | undefined {
  let left = chains
  const respects = chains[0]?.ranks.length ?? 0
  for (let respect = 0; respect < respects; respect++) {
    let best = 0
    let fitting: RankedChain<T>[] = []
    for (const each of left) {
      const rank = each.ranks[respect]!(connection)
      if (rank < best) continue
      if (rank > best) fitting = []
      best = rank
      fitting.push(each)
    }
    left = fitting
  }
  return left[0]?.chain
}

function rankPort(port: number | undefined): Rank {
  return port === undefined ? ANY : ({ localPort }) => (localPort === port ? 1 : UNFIT)
}

function rankTransport(transport: string): Rank {
  if (transport === '') return ANY
  return transport === 'raw_buffer' ? () => 1 : NEVER
}

function rankProtocols(protocols: ChainMatch['protocols'], detected: boolean): Rank {
  if (protocols.length === 0) return ANY
  return detected && protocols.some((protocol) => HTTP_PROTOCOLS.includes(protocol)) ? () => 1 : NEVER
}

function rankNetworks(
  blocks: readonly NetworkBlock[],
  addressOf: (connection: ConnectionView) => string | undefined,
): Rank {
  if (blocks.length === 0) return ANY
  // The longest prefix first, so that the first hit counts.
  const sets = [...blocks]
    .sort((left, right) => right.bits - left.bits)
    .map(({ address, bits }) => ({ rank: bits + 1, set: new NetworkSet([`${address}/${bits}`]) }))
  return (connection) => {
    const address = addressOf(connection) ?? ''
    return sets.find(({ set }) => set.has(address))?.rank ?? UNFIT
  }
}

function rankSource(source: ChainMatch['source']): Rank {
  if (source === 'any') return ANY
  return (connection) => (isLocal(connection) === (source === 'local') ? 1 : UNFIT)
}

function rankSourcePorts(ports: readonly number[]): Rank {
  return ports.length === 0 ? ANY : ({ remotePort = 0 }) => (ports.includes(remotePort) ? 1 : UNFIT)
}

const LOOPBACK = new NetworkSet(['127.0.0.0/8', '::1'])

function isLocal({ localAddress, remoteAddress = '' }: ConnectionView): boolean {
  return remoteAddress === localAddress || LOOPBACK.has(remoteAddress)
}
