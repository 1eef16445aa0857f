import { BlockList, isIP, type Socket, SocketAddress } from 'node:net'
import { MeshError } from '@inmesh/core'

/** Networks of the machine itself, trusted unless the options say otherwise. */
export const LOOPBACK_NETWORKS: readonly string[] = Object.freeze(['127.0.0.0/8', '::1/128'])

/**
 * The networks whose peers may set headers that steer the mesh (deadline, `x-envoy-*`, forwarded identity). From anyone else they are an
 * attack or a mistake: a stranger's deadline could cut off every call a service makes.
 */
export class TrustedNetworks {
  readonly #networks = new BlockList()
  /** A connection carries many requests and its peer never changes; `BlockList.check` takes microseconds. */
  readonly #verdicts = new WeakMap<Socket, boolean>()

  /**
   * @param networks - Addresses and CIDR blocks, IPv4 or IPv6: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Default: loopback only. An empty
   * list trusts nobody.
   * @throws MeshError ERR_INMESH_OPTIONS naming an entry that is no network.
   */
  constructor(networks: readonly string[] = LOOPBACK_NETWORKS) {
    for (const network of networks) this.#add(network)
  }

  /**
   * Whether the peer of a connection may be believed. A peer without an IP address (a unix socket, a connection that is gone) is in no
   * network and is not.
   *
   * @param socket - The inbound connection.
   */
  trusts(socket: Socket): boolean {
    let verdict = this.#verdicts.get(socket)
    if (verdict === undefined) {
      verdict = this.#check(socket.remoteAddress)
      this.#verdicts.set(socket, verdict)
    }
    return verdict
  }

  #check(address: string | undefined): boolean {
    if (address === undefined) return false
    // An IPv4 peer of a dual-stack server shows as ::ffff:a.b.c.d, which BlockList compares with IPv4 networks too.
    const family = isIP(address)
    if (family === 0) return false
    return this.#networks.check(new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }))
  }

  #add(network: string): void {
    const slash = network.lastIndexOf('/')
    const address = slash < 0 ? network : network.slice(0, slash)
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const prefix = slash < 0 ? bits : prefixLength(network.slice(slash + 1))
    if (family === 0 || prefix > bits) {
      throw new MeshError(
        'ERR_INMESH_OPTIONS',
        `trustedNetworks: ${JSON.stringify(network)} is neither an IP address nor a CIDR block such as 10.0.0.0/8`,
        { place: { field: 'trustedNetworks' } },
      )
    }
    this.#networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function prefixLength(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}
