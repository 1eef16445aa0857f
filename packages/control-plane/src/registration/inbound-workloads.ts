import { isIP } from 'node:net'
import { inboundListenAddress, type RegisteredWorkload } from '@inmesh/istio'
import type { ConnectedNode } from '../node/connected-node.js'
import { isEveryAddress, peerAddress } from '../node/peer-address.js'

/** What a client serves, as the names of its inbound listeners say. */
export interface InboundWorkloads {
  /** The workloads: one for each address that it listens on. */
  readonly workloads: readonly RegisteredWorkload[]
  /** Why a listener makes none, a sentence without the final stop for each. */
  readonly refusals: readonly string[]
}

/**
 * A client asks for its inbound listener when it listens; that is the sign that it can be called, and the name says where.
 *
 * @param node - The client.
 * @param listenerNames - Names of all listeners that it asked for.
 * @param peer - Its end of the connection, which stands in for an address that means "all of this machine's".
 */
export function inboundWorkloads(node: ConnectedNode, listenerNames: Iterable<string>, peer: string): InboundWorkloads {
  const { service, view } = node
  if (service === undefined) return { workloads: [], refusals: [] }
  const workloads: RegisteredWorkload[] = []
  const refusals: string[] = []
  for (const name of listenerNames) {
    const listening = inboundListenAddress(name)
    if (listening === undefined) continue
    const address = isEveryAddress(listening.address)
      ? (node.instanceAddresses[0] ?? peerAddress(peer))
      : listening.address
    // Clients refuse endpoints that are not IP addresses, and with them all others of the service.
    if (address === undefined || isIP(address) === 0) refusals.push(`${name}: ${address ?? peer} is not an IP address`)
    else workloads.push({ ...service, address, port: listening.port, labels: view.labels, locality: view.locality })
  }
  return { workloads, refusals }
}
