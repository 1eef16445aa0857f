import { isIPv6 } from 'node:net'
import { MeshError } from '@inmesh/core'

/** Where `mesh.tcp.connect()` connects to, and how long that may take. */
export interface TcpConnectOptions {
  /** Host of a service, as in a URL: `orders-db`, `orders-db.shop`. */
  readonly host: string
  /** TCP port of the service, 1 to 65535. */
  readonly port: number
  /**
   * How long it may take to be connected, in milliseconds, all attempts included; then the connection fails with ERR_INMESH_TIMEOUT. Default: what
   * the cluster allows for each attempt.
   */
  readonly timeoutMs?: number
  /** Closes the connection when nothing was sent or received for so many milliseconds; 0 for never. Default 3,600,000 (Envoy's). */
  readonly idleTimeoutMs?: number
  /** Whether it can still be written to when the other side has ended. Default false, as in node:net. */
  readonly allowHalfOpen?: boolean
}

/** An hour, as of Envoy's TCP proxy (`idle_timeout`). */
export const DEFAULT_IDLE_MS = 3_600_000

/** What would end the host in a URL, so that the rest of it meant something else. */
const NO_HOST = /[\s/?#@[\]\\]/

/**
 * @param options - As given.
 * @returns the host as in a URL, in lower case.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option that is wrong.
 */
export function checkTcpOptions(options: TcpConnectOptions): string {
  const { host, port, timeoutMs, idleTimeoutMs } = options
  if (typeof host !== 'string' || host === '' || (!isIPv6(host) && NO_HOST.test(host))) {
    throw wrong('host', `the name or address of a host, not ${JSON.stringify(host)}`)
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong('port', `1 to 65535, not ${String(port)}`)
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw wrong('timeoutMs', 'a positive number')
  if (idleTimeoutMs !== undefined && !(idleTimeoutMs >= 0)) throw wrong('idleTimeoutMs', '0 or more')
  return isIPv6(host) ? `[${host.toLowerCase()}]` : host.toLowerCase()
}

function wrong(field: string, what: string): MeshError {
  return new MeshError('ERR_INMESH_OPTIONS', `the option ${field} of mesh.tcp.connect() must be ${what}`, {
    place: { field },
  })
}
