import { isIP } from 'node:net'

const everyAddress = ['0.0.0.0', '::']
const mappedPrefix = '::ffff:'

/**
 * @param peer - The peer of a call as grpc-js writes it: address and port, an IPv6 address without brackets.
 * @returns the address, or undefined when there is none, as on a Unix domain socket.
 */
export function peerAddress(peer: string): string | undefined {
  const address = peer.slice(0, peer.lastIndexOf(':'))
  const plain = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
  return isIP(plain) === 0 ? undefined : plain
}

/**
 * @param address - An IP address that a server listens on.
 * @returns whether it means every address of its machine, so that others cannot connect to it as it stands.
 */
export function isEveryAddress(address: string): boolean {
  return everyAddress.includes(address)
}
