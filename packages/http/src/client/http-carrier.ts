import { isDeepStrictEqual } from 'node:util'
import {
  type Carrier,
  type Clock,
  type Endpoint,
  MeshError,
  type Random,
  type RequestPriority,
  type RequestView,
  type UpstreamProtocol,
  type UpstreamTls,
} from '@inmesh/core'
import type { buildConnector } from 'undici'
import { EndpointPool } from './endpoint-pool.js'
import { isGrpcRequest } from './grpc-status.js'
import { Http2Pool } from './http2/http2-pool.js'
import { NegotiatedPool } from './negotiated-pool.js'
import { RefusingPool } from './refusing-pool.js'
import { ClusterTls } from './tls/cluster-tls.js'
import type { Trust } from './tls/trust.js'
import { connectorOf } from './upstream-connector.js'
import type { UpstreamPool, UpstreamPoolOptions } from './upstream-pool.js'

type PoolKey = RequestPriority | `http2-${RequestPriority}` | `negotiated-${RequestPriority}`

/** Pools whose connections differ in nothing but priority and protocol. */
type AlikePools = { [key in PoolKey]?: UpstreamPool }

/** Pools whose connections are secured in the same way. */
interface SecuredPools {
  /** How the cluster says; undefined where the URL alone does. */
  tls: UpstreamTls | undefined
  /** The pools. */
  readonly pools: AlikePools
}

/** The pools of one endpoint: those of plaintext, by priority and protocol. */
export interface EndpointPools extends AlikePools {
  /** Those whose connections are secured, by whom the server is to prove to be. */
  secured?: Map<string, SecuredPools>
}

/** What a carrier must know of a request to find its pool. */
export interface CarriedRequest extends Pick<RequestView, 'header'> {
  /** Authority of the URL. */
  readonly originAuthority: string
  /** Host that it is addressed to, an IPv6 address without its brackets: for `https:` that of the URL, else as a `host` header has it. */
  readonly addressedHost: string
  /** How the server is verified that the URL names; undefined for `http:`. */
  readonly trust: Trust | undefined
}

/**
 * Carries HTTP, in the version that clusters ask for: HTTP/1.1 by undici, HTTP/2 by Node. One pool of connections for each endpoint, priority
 * and protocol, made when a request first goes there; for `https:` also for each host that requests name, as that is who must answer.
 */
export class HttpCarrier implements Carrier {
  readonly view = 'http'
  readonly connects = 'on-demand'
  readonly #pools = new Set<UpstreamPool>()
  readonly #prepared = new WeakMap<UpstreamTls, ClusterTls>()
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
    for (const { pools } of secured?.values() ?? []) this.#drainAll(pools)
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
    const cluster = endpoint.owner!
    const { tls, protocol } = cluster.config ?? {}
    if (tls !== undefined || request.trust !== undefined) return this.#securedPool(endpoint, priority, request, plane)
    const http2 = protocol !== undefined && speaksHttp2(protocol, request)
    const pools = endpoint.httpConnections as EndpointPools | undefined
    const pool = pools?.[http2 ? keyOfHttp2(priority) : priority]
    if (pool !== undefined) return pool
    const { clock, random } = plane
    const options = { endpoint, cluster, priority, authority: request.originAuthority, clock, random }
    return this.#open(options, this.#poolsOf(endpoint), http2 ? keyOfHttp2(priority) : priority)
  }

  /**
   * How connections are made to an endpoint that are no requests: secured where its cluster says so.
   *
   * @param endpoint - Where to.
   * @param host - Host that the application named, an IPv6 address without its brackets.
   * @param clock - Time.
   * @internal
   */
  connectorTo(endpoint: Endpoint, host: string, clock: Clock): buildConnector.connector {
    const cluster = endpoint.owner!
    const tls = cluster.config?.tls
    const security = tls && this.#prepare(tls).securityFor(endpoint.config, { host, secure: false })
    return connectorOf({ endpoint, cluster, security, clock }, [])
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

  #securedPool(
    endpoint: Endpoint,
    priority: RequestPriority,
    request: CarriedRequest,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ): UpstreamPool | undefined {
    const { trust, addressedHost: host, originAuthority: authority } = request
    const cluster = endpoint.owner!
    const { tls, protocol } = cluster.config ?? {}
    const secure = trust !== undefined
    const clusterTls = tls && this.#prepare(tls)
    if (clusterTls !== undefined && trust?.own) return new RefusingPool(authority, twoAuthorities(cluster.name))
    const named = clusterTls?.dependsOnHost(secure) !== false
    const pools = this.#securedPools(endpoint, `${trust?.key ?? 'http '}${named ? host : ''}`, tls)
    const key = securedKey(protocol, priority, request)
    const pool = pools[key]
    if (pool !== undefined) return pool
    const security = clusterTls?.securityFor(endpoint.config, { host, secure }) ?? trust!.securityFor(host)
    return this.#open({ endpoint, cluster, priority, authority, clock, random, security }, pools, key)
  }

  /** Those for a context that is no longer the cluster's end with their requests: who was believed then may not be now. */
  #securedPools(endpoint: Endpoint, key: string, tls: UpstreamTls | undefined): AlikePools {
    const all = this.#poolsOf(endpoint)
    all.secured ??= new Map()
    const known = all.secured.get(key)
    if (known?.tls === tls && known !== undefined) return known.pools
    if (known !== undefined && isDeepStrictEqual(known.tls, tls)) {
      known.tls = tls
      return known.pools
    }
    const { secured, ...plain } = all
    if (tls !== undefined) {
      this.#drainAll(plain)
      for (const name of Object.keys(plain) as PoolKey[]) delete all[name]
    }
    if (known !== undefined) this.#drainAll(known.pools)
    const pools: AlikePools = {}
    secured!.set(key, { tls, pools })
    return pools
  }

  #prepare(tls: UpstreamTls): ClusterTls {
    let prepared = this.#prepared.get(tls)
    if (prepared === undefined) {
      prepared = new ClusterTls(tls)
      this.#prepared.set(tls, prepared)
    }
    return prepared
  }

  #poolsOf(endpoint: Endpoint): EndpointPools {
    const pools = (endpoint.httpConnections ?? {}) as EndpointPools
    endpoint.httpConnections = pools
    return pools
  }

  #open(options: UpstreamPoolOptions, pools: AlikePools, key: PoolKey): UpstreamPool | undefined {
    if (this.#closed) return undefined
    const { priority, cluster } = options
    const pool = newPool(options, key)
    pools[key] = pool
    this.#pools.add(pool)
    if (cluster.config?.protocol?.kind === 'as-downstream') return pool
    // The cluster speaks another protocol than before.
    for (const other of [priority, keyOfHttp2(priority), keyOfNegotiated(priority)] as const) {
      const outdated = other === key ? undefined : pools[other]
      if (outdated === undefined) continue
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

function newPool(options: UpstreamPoolOptions, key: PoolKey): UpstreamPool {
  if (key.startsWith('http2-')) return new Http2Pool(options)
  return key.startsWith('negotiated-') ? new NegotiatedPool(options) : new EndpointPool(options)
}

function twoAuthorities(cluster: string): MeshError {
  const message = `the agent has a ca of its own, and cluster ${cluster} is verified by its own context: they cannot both be satisfied`
  return new MeshError('ERR_INMESH_OPTIONS', message, { place: { resource: cluster } })
}

function keyOfHttp2(priority: RequestPriority): PoolKey {
  return priority === 'default' ? 'http2-default' : 'http2-high'
}

function keyOfNegotiated(priority: RequestPriority): PoolKey {
  return priority === 'default' ? 'negotiated-default' : 'negotiated-high'
}

function securedKey(
  protocol: UpstreamProtocol | undefined,
  priority: RequestPriority,
  request: CarriedRequest,
): PoolKey {
  if (protocol === undefined) return priority
  if (protocol.kind === 'negotiated') return keyOfNegotiated(priority)
  return speaksHttp2(protocol, request) ? keyOfHttp2(priority) : priority
}

/**
 * What the application speaks is told by its request alone, as no connection lies between it and the mesh: gRPC is spoken in HTTP/2, and
 * fetch, undici and node:http speak HTTP/1.1 to a sidecar. Without TLS nothing negotiates, and Envoy falls back to HTTP/1.1.
 */
function speaksHttp2(protocol: UpstreamProtocol, request: CarriedRequest): boolean {
  return protocol.kind === 'http2' || (protocol.kind === 'as-downstream' && isGrpcRequest(request))
}
