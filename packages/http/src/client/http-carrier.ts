import type { Carrier, Clock, Endpoint, Random, RequestPriority, RequestView, UpstreamProtocol } from '@inmesh/core'
import { EndpointPool } from './endpoint-pool.js'
import { isGrpcRequest } from './grpc-status.js'
import { Http2Pool } from './http2/http2-pool.js'
import type { Trust } from './tls/trust.js'
import type { UpstreamPool, UpstreamPoolOptions } from './upstream-pool.js'

type PoolKey = RequestPriority | `http2-${RequestPriority}`

/** Pools whose connections differ in nothing but priority and protocol. */
type AlikePools = { [key in PoolKey]?: UpstreamPool }

/** The pools of one endpoint: those of plaintext, by priority and protocol. */
export interface EndpointPools extends AlikePools {
  /** The same for connections that are secured, by whom the server is to prove to be. */
  secured?: Map<string, AlikePools>
}

/** What a carrier must know of a request to find its pool. */
export interface CarriedRequest extends Pick<RequestView, 'header'> {
  /** Authority of the URL. */
  readonly originAuthority: string
  /** How the server is verified that the URL names; undefined for `http:`. */
  readonly trust: Trust | undefined
  /** Host of the URL, an IPv6 address without its brackets. */
  readonly originHost: string
}

/**
 * Carries HTTP, in the version that clusters ask for: HTTP/1.1 by undici, HTTP/2 by Node. One pool of connections for each endpoint, priority
 * and protocol, made when a request first goes there; for `https:` also for each host that requests name, as that is who must answer.
 */
export class HttpCarrier implements Carrier {
  readonly view = 'http'
  readonly connects = 'on-demand'
  readonly #pools = new Set<UpstreamPool>()
  #closed = false

  /** Never called: connections are made when requests need them. */
  connect(): void {}

  removed(endpoint: Endpoint): void {
    this.release(endpoint)
  }

  release(endpoint: Endpoint): void {
    const { secured, ...plain } = (endpoint.httpConnections ?? {}) as EndpointPools
    endpoint.httpConnections = undefined
    this.#drainAll(plain)
    for (const pools of secured?.values() ?? []) this.#drainAll(pools)
  }

  /**
   * The pool for requests of a priority to an endpoint, made where there is none.
   *
   * @param endpoint - Where it connects to; one that a pick gave.
   * @param priority - Whose limits its connections count against.
   * @param request - A request for it.
   * @param plane - Clock and dice of its connections.
   * @returns undefined when the carrier is closed.
   * @internal
   */
  pool(
    endpoint: Endpoint,
    priority: RequestPriority,
    request: CarriedRequest,
    plane: { readonly clock: Clock; readonly random: Random },
  ): UpstreamPool | undefined {
    const { trust } = request
    const protocol = endpoint.owner!.config?.protocol
    const http2 = protocol !== undefined && speaksHttp2(protocol, request)
    let pools = endpoint.httpConnections as EndpointPools | undefined
    if (trust !== undefined) pools = pools?.secured?.get(trust.key + request.originHost)
    const pool = pools?.[http2 ? keyOfHttp2(priority) : priority]
    if (pool !== undefined) return pool
    const { clock, random } = plane
    const cluster = endpoint.owner!
    const security = trust?.securityFor(request.originHost)
    const options = { endpoint, cluster, priority, authority: request.originAuthority, clock, random, security }
    return this.#open(options, this.#poolsFor(endpoint, request), http2, protocol?.kind === 'as-downstream')
  }

  /** Closes every connection as soon as its request has ended; no pool can be made afterwards. */
  async close(): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.close()))
  }

  /**
   * Closes every connection at once.
   *
   * @param error - What requests in flight fail with.
   */
  async destroy(error: Error): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy(error)))
  }

  #poolsFor(endpoint: Endpoint, { trust, originHost }: CarriedRequest): AlikePools {
    const pools = (endpoint.httpConnections ?? {}) as EndpointPools
    endpoint.httpConnections = pools
    if (trust === undefined) return pools
    pools.secured ??= new Map()
    const key = trust.key + originHost
    const alike = pools.secured.get(key) ?? {}
    pools.secured.set(key, alike)
    return alike
  }

  #open(options: UpstreamPoolOptions, pools: AlikePools, http2: boolean, both: boolean): UpstreamPool | undefined {
    if (this.#closed) return undefined
    const { priority } = options
    const [key, other] = http2 ? [keyOfHttp2(priority), priority] : [priority, keyOfHttp2(priority)]
    const pool = http2 ? new Http2Pool(options) : new EndpointPool(options)
    pools[key] = pool
    this.#pools.add(pool)
    // The cluster speaks another protocol than before.
    const outdated = both ? undefined : pools[other]
    if (outdated !== undefined) {
      pools[other] = undefined
      this.#drain(outdated)
    }
    return pool
  }

  #drainAll(pools: AlikePools): void {
    for (const pool of Object.values(pools)) if (pool !== undefined) this.#drain(pool)
  }

  #drain(pool: UpstreamPool): void {
    void pool.close().then(() => this.#pools.delete(pool))
  }
}

function keyOfHttp2(priority: RequestPriority): PoolKey {
  return priority === 'default' ? 'http2-default' : 'http2-high'
}

/**
 * What the application speaks is told by its request alone, as no connection lies between it and the mesh: gRPC is spoken in HTTP/2, and
 * fetch, undici and node:http speak HTTP/1.1 to a sidecar. Without TLS nothing negotiates, and Envoy falls back to HTTP/1.1.
 */
function speaksHttp2(protocol: UpstreamProtocol, request: CarriedRequest): boolean {
  return protocol.kind === 'http2' || (protocol.kind === 'as-downstream' && isGrpcRequest(request))
}
