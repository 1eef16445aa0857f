import {
  type LoadRecorder,
  type LoadReport,
  type LoadReporting,
  type Logger,
  MeshError,
  silentLogger,
} from '@inmesh/core'
import { AdsClient, type AdsClientOptions } from '../ads/ads-client.js'
import type { Bootstrap, NodeIdentity, ServerConfig } from '../bootstrap/bootstrap.js'
import { ControlChannel } from '../channel/control-channel.js'
import type { StreamOpener } from '../channel/control-stream.js'
import { LoadCounter } from '../load-report/load-counter.js'
import { LoadReportClient } from '../load-report/load-report-client.js'
import type { ResourceProvider, ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import { tellLater } from '../resource/tell-later.js'
import { canonicalName, isXdstp, parseXdstp } from '../resource/xdstp-name.js'
import type { ClientStatus } from '../status/client-status.js'
import { ClientPool, type ServerClients } from './client-pool.js'
import { FallbackProvider } from './fallback-provider.js'

/** What an {@link AuthorityRouter} is made of: what its clients are, servers and node from a bootstrap. */
export interface AuthorityRouterOptions extends Omit<AdsClientOptions, 'server' | 'node' | 'opener'> {
  /** Servers, authorities and the node. */
  readonly bootstrap: Bootstrap
  /** Opens the streams to a server in place of a gRPC channel. Default: a channel to it. */
  readonly openerTo?: (server: ServerConfig) => StreamOpener
}

/**
 * Resources from all the control planes of a bootstrap: each from its authority (gRFC A47), and of the servers of an authority from the
 * first that can be reached (gRFC A71). Names of the old style are of an authority of their own, whose servers are those of the
 * bootstrap. Authorities with the same server share one stream to it.
 */
export class AuthorityRouter implements ResourceProvider, LoadReporting {
  readonly #options: AuthorityRouterOptions
  readonly #bootstrap: Bootstrap
  readonly #logger: Logger
  readonly #clients: ClientPool
  /** Authorities in use, by name; undefined is that of the names of the old style. */
  readonly #authorities = new Map<string | undefined, FallbackProvider>()
  #node: NodeIdentity
  #closed = false

  /**
   * @param options - The bootstrap and the ports. Nothing is opened yet.
   */
  constructor(options: AuthorityRouterOptions) {
    this.#options = options
    this.#bootstrap = options.bootstrap
    this.#node = options.bootstrap.node
    this.#logger = options.logger ?? silentLogger
    this.#clients = new ClientPool((server) => this.#connect(server))
  }

  /**
   * Watches one resource at its authority. Names that differ in the order of their context parameters are one resource. A name of an
   * unknown authority, or one that cannot be read, fails at once: ERR_INMESH_AUTHORITY_UNKNOWN, ERR_INMESH_RESOURCE_INVALID.
   *
   * @throws MeshError ERR_INMESH_CLOSED after {@link AuthorityRouter.close}.
   */
  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    this.#expectOpen()
    let provider: ResourceProvider
    try {
      provider = this.#authorityOf(type, name)
    } catch (error) {
      return tellLater(() => watcher.failed(error as MeshError))
    }
    return provider.watch(type, canonicalName(name), watcher)
  }

  /**
   * Watches every resource of a type that the servers of the bootstrap have for this node. Authorities of their own have no such sets.
   *
   * @throws MeshError ERR_INMESH_CLOSED after {@link AuthorityRouter.close}.
   */
  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    this.#expectOpen()
    return this.#authority(undefined).watchAll(type, watcher)
  }

  /**
   * Counts the load of a cluster and reports it to the server that it comes from (`lrs_server: self`), if that asks for reports: a control
   * plane cannot send them elsewhere.
   */
  recordLoad(cluster: string, report: LoadReport): LoadRecorder {
    const name = isXdstp(cluster) ? parseXdstp(cluster)?.authority : undefined
    const authority = this.#authority(name)
    const counter = new LoadCounter(cluster, report, this.#options.clock.now(), (closed) =>
      authority.counterClosed(closed),
    )
    authority.report(counter)
    return counter
  }

  /** What was learned from each server in use, and what became of it (gRFC A40). */
  status(): readonly ClientStatus[] {
    return this.#clients.status(this.#node)
  }

  /**
   * Reports load for the last time.
   *
   * @returns a promise that resolves when every server that asks for reports has it, or has not taken it within a second.
   */
  async flush(): Promise<void> {
    await this.#clients.flush()
  }

  /** Presents another node to every server from now on, on streams of its own. Nothing that was received is lost. */
  useNode(node: NodeIdentity): void {
    this.#node = node
    this.#clients.useNode(node)
  }

  /** Ends every stream and connection. Watchers hear nothing any more. */
  close(): void {
    this.#closed = true
    for (const authority of this.#authorities.values()) authority.close()
    this.#authorities.clear()
    this.#clients.close()
  }

  #connect(server: ServerConfig): ServerClients {
    const { clock, random, channel, userAgentVersion, openerTo } = this.#options
    const logger = this.#logger
    const node = this.#node
    const opener = openerTo?.(server) ?? new ControlChannel(server, clock, { logger, ...channel })
    const identity = { node, ...(userAgentVersion !== undefined && { userAgentVersion }) }
    return {
      ads: new AdsClient({ ...this.#options, server, node, opener, logger }),
      loads: new LoadReportClient({ uri: server.uri, opener, clock, random, logger, ...identity }),
    }
  }

  #expectOpen(): void {
    if (this.#closed) throw new MeshError('ERR_INMESH_CLOSED', 'the provider of resources is closed')
  }

  #authorityOf(type: ResourceType<unknown>, name: string): FallbackProvider {
    if (!isXdstp(name)) return this.#authority(undefined)
    const parsed = parseXdstp(name)
    const place = { resource: name }
    if (parsed === undefined) {
      const message = `${type.shortName} "${name}" is not of the form xdstp://AUTHORITY/TYPE/ID`
      throw new MeshError('ERR_INMESH_RESOURCE_INVALID', message, { place })
    }
    if (type.typeUrl !== `type.googleapis.com/${parsed.type}`) {
      const message = `"${name}" is the name of a ${parsed.type}, and ${type.shortName} is asked for`
      throw new MeshError('ERR_INMESH_RESOURCE_INVALID', message, { place })
    }
    const { authority } = parsed
    if (!Object.hasOwn(this.#bootstrap.authorities, authority)) {
      const message = `${type.shortName} "${name}" is of the authority "${authority}", which the bootstrap does not name`
      throw new MeshError('ERR_INMESH_AUTHORITY_UNKNOWN', message, { place })
    }
    return this.#authority(authority)
  }

  #authority(name: string | undefined): FallbackProvider {
    let authority = this.#authorities.get(name)
    if (authority === undefined) {
      const config = name === undefined ? undefined : this.#bootstrap.authorities[name]
      authority = new FallbackProvider({
        servers: config?.servers ?? this.#bootstrap.servers,
        clients: this.#clients,
        onReachabilityOnly: config?.fallbackOnReachabilityOnly ?? false,
        deletion: this.#options.deletion ?? 'keep',
        logger: this.#logger,
      })
      this.#authorities.set(name, authority)
    }
    return authority
  }
}
