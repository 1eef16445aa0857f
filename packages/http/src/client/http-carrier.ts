import type { Carrier, Clock, Endpoint, Random, RequestPriority, RequestView, UpstreamProtocol } from '@inmesh/core'
import { EndpointPool } from './endpoint-pool.js'
import { isGrpcRequest } from './grpc-status.js'
import { Http2Pool } from './http2/http2-pool.js'
import type { UpstreamPool, UpstreamPoolOptions } from './upstream-pool.js'

type PoolKey = RequestPriority | `http2-${RequestPriority}`

/** The pools of one endpoint, by priority and protocol. */
export type EndpointPools = { [key in PoolKey]?: UpstreamPool }

/** What a carrier must know of a request to find its pool. */
export interface CarriedRequest extends Pick<RequestView, 'header'> {
  /** Authority of the URL. */
  readonly originAuthority: string
}

/**
 * Carries HTTP, in the version that clusters ask for: HTTP/1.1 by undici, HTTP/2 by Node. One pool of connections for each endpoint, priority
 * and protocol, made when a request first goes there. Plaintext only in this version.
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
    const pools = endpoint.httpConnections as EndpointPools | undefined
    endpoint.httpConnections = undefined
    for (const pool of Object.values(pools ?? {})) if (pool !== undefined) this.#drain(pool)
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
    const protocol = endpoint.owner!.config?.protocol
    const http2 = protocol !== undefined && speaksHttp2(protocol, request)
    const pools = endpoint.httpConnections as EndpointPools | undefined
    const pool = pools?.[http2 ? keyOfHttp2(priority) : priority]
    if (pool !== undefined) return pool
    const { clock, random } = plane
    return this.#open(
      { endpoint, cluster: endpoint.owner!, priority, authority: request.originAuthority, clock, random },
      http2,
      protocol?.kind === 'as-downstream',
    )
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

  #open(options: UpstreamPoolOptions, http2: boolean, both: boolean): UpstreamPool | undefined {
    if (this.#closed) return undefined
    const { endpoint, priority } = options
    const [key, other] = http2 ? [keyOfHttp2(priority), priority] : [priority, keyOfHttp2(priority)]
    const pools = (endpoint.httpConnections ?? {}) as EndpointPools
    endpoint.httpConnections = pools
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
