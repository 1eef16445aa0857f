import { type Logger, MeshError } from '@inmesh/core'
import { type DataErrorPolicy, type DeletionPolicy, dataErrorPolicy } from '../ads/data-error-policy.js'
import type { ServerConfig } from '../bootstrap/bootstrap.js'
import type { LoadCounter } from '../load-report/load-counter.js'
import type { LoadReportClient } from '../load-report/load-report-client.js'
import type { ResourceProvider, ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import { DeliveryQueue } from '../source/delivery-queue.js'
import type { ClientLease, ClientPool } from './client-pool.js'
import { FallbackResource, type ResourceServer } from './fallback-resource.js'
import { FallbackSet } from './fallback-set.js'

/** What a {@link FallbackProvider} is made of. */
export interface FallbackOptions {
  /** Servers in order of preference, at least one. */
  readonly servers: readonly ServerConfig[]
  /** Where their clients come from. */
  readonly clients: ClientPool
  /** Whether to go on to the next server as soon as one cannot be reached, even with nothing missing (gRFC A95). */
  readonly onReachabilityOnly: boolean
  /** What becomes of a deleted resource where a server's features do not say it. */
  readonly deletion: DeletionPolicy
  /** Told when another server is taken. */
  readonly logger: Logger
}

/**
 * How a server stands. `connecting`: asked, and no answer yet. `answering`: it answered, and no stream failed without an answer since.
 * `unreachable`: a stream failed without an answer (gRFC A57); it is tried again and again, and its first answer makes it `answering`.
 */
type ServerState = 'connecting' | 'answering' | 'unreachable'

/** A server that was opened. */
class OpenServer implements ResourceServer {
  readonly config: ServerConfig
  readonly provider: ResourceProvider
  readonly loads: LoadReportClient
  readonly policy: DataErrorPolicy
  readonly #lease: ClientLease
  readonly #unobserve: () => void
  state: ServerState
  error: MeshError | undefined

  constructor(config: ServerConfig, { clients, deletion }: FallbackOptions, changed: (server: OpenServer) => void) {
    this.config = config
    this.policy = dataErrorPolicy(config.features, deletion)
    this.#lease = clients.acquire(config)
    const { ads, loads } = this.#lease
    this.provider = ads
    this.loads = loads
    // It may be in use by another authority already.
    this.error = ads.connection.error
    this.state = this.error === undefined ? 'connecting' : 'unreachable'
    this.#unobserve = ads.observe({
      unreachable: (error) => {
        this.error = error
        this.state = 'unreachable'
        changed(this)
      },
      answered: () => {
        if (this.state === 'answering') return
        this.error = undefined
        this.state = 'answering'
        changed(this)
      },
    })
  }

  isUnreachable(): boolean {
    return this.state === 'unreachable'
  }

  close(): void {
    this.#unobserve()
    this.#lease.release()
  }
}

/**
 * Resources of one authority from the first of several servers that can be reached (gRFC A71). The next one is taken when the one in use
 * cannot be reached and a resource is not known; it is asked for everything. All before it are still tried, and the first answer of one
 * of them closes all behind it. Watchers hear that nobody can be reached after the last server failed, once.
 *
 * The servers are those of an authority, for all targets of the mesh together; gRPC has a set of them per channel.
 */
export class FallbackProvider implements ResourceProvider {
  readonly #options: FallbackOptions
  readonly #queue: DeliveryQueue
  /** Resources by type and name, and whole sets by type. */
  readonly #resources = new Map<string, FallbackResource | FallbackSet>()
  /** The servers taken so far, a beginning of the list. */
  readonly #open: OpenServer[] = []
  /** What is counted for the server in use. */
  readonly #counters = new Set<LoadCounter>()
  #reportedTo: LoadReportClient | undefined

  /**
   * @param options - The servers and where clients come from. Nothing is opened before the first watch.
   */
  constructor(options: FallbackOptions) {
    this.#options = options
    this.#queue = new DeliveryQueue(options.logger, () => this.#forgetUnwatched())
  }

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    const erased = type as ResourceType<unknown>
    const make = (): FallbackResource => new FallbackResource(erased, name, this.#queue)
    const resource = this.#asked(`${type.typeUrl} ${name}`, make) as FallbackResource
    return this.#interest(resource.watch(watcher as ResourceWatcher<unknown>))
  }

  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    const make = (): FallbackSet => new FallbackSet(type as ResourceType<unknown>, this.#queue)
    const set = this.#asked(type.typeUrl, make) as FallbackSet
    return this.#interest(set.watch(watcher as ResourceSetWatcher<unknown>))
  }

  /** Reports what this counts to the server in use, until the counter is closed. */
  report(counter: LoadCounter): void {
    this.#counters.add(counter)
    this.#reportedTo?.add(counter)
  }

  /** What a closed counter has left is reported with the next report. */
  counterClosed(counter: LoadCounter): void {
    this.#counters.delete(counter)
    this.#reportedTo?.counterClosed(counter)
  }

  /** Ends every watch and gives the clients back. Watchers hear nothing any more. */
  close(): void {
    this.#queue.close()
    for (const resource of this.#resources.values()) resource.close()
    this.#resources.clear()
    for (const server of this.#open.splice(0)) server.close()
  }

  #asked(key: string, make: () => FallbackResource | FallbackSet): FallbackResource | FallbackSet {
    let resource = this.#resources.get(key)
    if (resource === undefined) {
      resource = make()
      this.#resources.set(key, resource)
      if (this.#open.length === 0) this.#openNext()
      else for (const server of this.#open) resource.ask(server)
    }
    return resource
  }

  #interest(unwatch: () => void): () => void {
    this.#fallBack()
    return () => {
      unwatch()
      this.#queue.schedule()
    }
  }

  #openNext(): void {
    const config = this.#options.servers[this.#open.length]!
    const server = new OpenServer(config, this.#options, (changed) => this.#changed(changed))
    this.#open.push(server)
    for (const resource of this.#resources.values()) resource.ask(server)
    this.#reportToCurrent()
  }

  #changed(server: OpenServer): void {
    if (server.state === 'unreachable') {
      this.#fallBack()
      this.#reportToCurrent()
      return
    }
    this.#reportToCurrent()
    this.#closeBehind(server)
    for (const resource of this.#resources.values()) resource.reconnect()
  }

  /** Takes further servers as long as the last one cannot be reached and one is needed. */
  #fallBack(): void {
    const { servers, logger } = this.#options
    let last = this.#open.at(-1)!
    while (last.state === 'unreachable' && this.#open.length < servers.length && this.#isNeeded()) {
      this.#openNext()
      const next = this.#open.at(-1)!
      logger.warn(`xds: ${last.config.uri} cannot be reached, falling back to ${next.config.uri}`)
      last = next
    }
    if (last.state !== 'unreachable') return
    const error = this.#outage()
    for (const resource of this.#resources.values()) resource.disconnect(error)
  }

  /** Load goes to the server in use: the first one that answers, else the last one that is tried. */
  #reportToCurrent(): void {
    const { loads } = this.#open.find(({ state }) => state === 'answering') ?? this.#open.at(-1)!
    if (loads === this.#reportedTo) return
    for (const counter of this.#counters) {
      this.#reportedTo?.remove(counter)
      loads.add(counter)
    }
    this.#reportedTo = loads
  }

  #isNeeded(): boolean {
    if (this.#options.onReachabilityOnly) return true
    for (const resource of this.#resources.values()) if (resource.isWatched && !resource.isCached) return true
    return false
  }

  #closeBehind(server: OpenServer): void {
    const lower = this.#open.splice(this.#open.indexOf(server) + 1)
    if (lower.length === 0) return
    this.#options.logger.info(`xds: ${server.config.uri} answers, no longer asking those behind it`)
    for (const each of lower) {
      for (const resource of this.#resources.values()) resource.leave(each)
      each.close()
    }
  }

  #outage(): MeshError {
    const errors = this.#open.flatMap(({ error }) => error ?? [])
    if (errors.length === 1) return errors[0]!
    const message = errors.map((error) => error.message).join('; ')
    return new MeshError('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', message, { cause: new AggregateError(errors) })
  }

  #forgetUnwatched(): void {
    for (const [key, resource] of this.#resources) {
      if (resource.isWatched) continue
      resource.close()
      this.#resources.delete(key)
    }
  }
}
