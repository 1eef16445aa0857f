import { BlockList, isIP } from 'node:net'

/** A set of IP networks. IPv4 addresses mapped to IPv6 are IPv4 addresses. */
export class NetworkSet {
  /** Its networks as CIDR blocks, as they were added. */
  readonly blocks: readonly string[]
  readonly #list = new BlockList()

  /**
   * @param blocks - CIDR blocks (`10.0.0.0/8`, `fd00::/8`) and addresses.
   * @throws TypeError naming an entry that is neither. Configuration is checked by {@link isNetwork} before.
   */
  constructor(blocks: readonly string[]) {
    this.blocks = blocks
    for (const block of blocks) {
      const parts = parse(block)
      if (parts === undefined) throw new TypeError(`${JSON.stringify(block)} is neither a CIDR block nor an address`)
      this.#list.addSubnet(parts.address, parts.bits, parts.family)
    }
  }

  /**
   * Whether an address is in one of the networks. Takes some microseconds.
   *
   * @param address - IP literal; anything else is in no network.
   */
  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#list.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/**
 * @param block - Text.
 * @returns whether it is a CIDR block or an address.
 */
export function isNetwork(block: string): boolean {
  return parse(block) !== undefined
}

function parse(block: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const slash = block.lastIndexOf('/')
  const address = slash < 0 ? block : block.slice(0, slash)
  const version = isIP(address)
  if (version === 0) return undefined
  const most = version === 4 ? 32 : 128
  const length = slash < 0 ? String(most) : block.slice(slash + 1)
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : most + 1
  return bits > most ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}
