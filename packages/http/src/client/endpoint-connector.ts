import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Endpoint, EndpointOwner } from '@inmesh/core'
import { buildConnector } from 'undici'

/** Envoy's Cluster.connect_timeout, for a cluster that lost its configuration while a request was on its way. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000

type Connector = buildConnector.connector

/**
 * @param cluster - Whose connection is made.
 * @returns how long that may take, in milliseconds.
 */
export function connectTimeoutMs({ config }: EndpointOwner): number {
  return config?.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
}

/** Makes TCP connections to an endpoint, whatever name requests go by. */
export class EndpointConnector {
  readonly #endpoint: Endpoint
  readonly #cluster: EndpointOwner
  #connector: Connector | undefined
  #timeoutMs = 0

  /**
   * @param endpoint - Where to connect.
   * @param cluster - Its cluster, asked for its limit each time.
   */
  constructor(endpoint: Endpoint, cluster: EndpointOwner) {
    this.#endpoint = endpoint
    this.#cluster = cluster
  }

  /** How long making a connection may take, in milliseconds. */
  get timeoutMs(): number {
    return connectTimeoutMs(this.#cluster)
  }

  /** In the shape that undici takes. */
  readonly connect: Connector = (options, callback) => {
    const { timeoutMs } = this
    if (this.#connector === undefined || timeoutMs !== this.#timeoutMs) {
      this.#connector = buildConnector({ timeout: timeoutMs, autoSelectFamily: true, lookup: this.#lookup })
      this.#timeoutMs = timeoutMs
    }
    const { host, hostname, additionalHosts } = this.#endpoint.config
    const literal = host.startsWith('[') ? host.slice(1, -1) : host
    // Several addresses are tried as those of one name.
    const name = additionalHosts?.length ? hostname || 'endpoint' : literal
    const port = String(this.#endpoint.port)
    this.#connector({ ...options, protocol: 'http:', hostname: name, host: name, port }, callback)
  }

  /** Not called for an IP address. */
  readonly #lookup: LookupFunction = (name, options, callback) => {
    const { host, additionalHosts } = this.#endpoint.config
    if (!additionalHosts?.length) {
      lookup(name, options, callback)
      return
    }
    const addresses = [host, ...additionalHosts].map((address) => ({ address, family: isIP(address) }))
    if (options.all === true) callback(null, addresses)
    else callback(null, host, isIP(host))
  }
}
