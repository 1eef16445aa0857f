import type { Socket } from 'node:net'
import { isNetwork, MeshError, NetworkSet } from '@inmesh/core'

/** Networks of the machine itself, trusted unless the options say otherwise. */
export const LOOPBACK_NETWORKS: readonly string[] = Object.freeze(['127.0.0.0/8', '::1/128'])

/**
 * The networks whose peers may set headers that steer the mesh (deadline, `x-envoy-*`, forwarded identity). From anyone else they are an
 * attack or a mistake: a stranger's deadline could cut off every call a service makes.
 */
export class TrustedNetworks {
  readonly #networks: NetworkSet
  /** A connection carries many requests and its peer never changes; a look-up takes microseconds. */
  readonly #verdicts = new WeakMap<Socket, boolean>()

  /**
   * @param networks - Addresses and CIDR blocks, IPv4 or IPv6: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Default: loopback only. An empty
   * list trusts nobody.
   * @throws MeshError ERR_INMESH_OPTIONS naming an entry that is no network.
   */
  constructor(networks: readonly string[] = LOOPBACK_NETWORKS) {
    const wrong = networks.find((network) => !isNetwork(network))
    if (wrong !== undefined) {
      throw new MeshError(
        'ERR_INMESH_OPTIONS',
        `trustedNetworks: ${JSON.stringify(wrong)} is neither an IP address nor a CIDR block such as 10.0.0.0/8`,
        { place: { field: 'trustedNetworks' } },
      )
    }
    this.#networks = new NetworkSet(networks)
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
      const address = socket.remoteAddress
      verdict = address !== undefined && this.includes(address)
      this.#verdicts.set(socket, verdict)
    }
    return verdict
  }

  /**
   * Whether an address is in one of the networks. Takes microseconds.
   *
   * @param address - IP literal; anything else is in none.
   */
  includes(address: string): boolean {
    return this.#networks.has(address)
  }
}
