import {
  clusterNames,
  type ListenerConfig,
  type Logger,
  MeshError,
  type Refusals,
  type ResolvedCluster,
  type RouteConfiguration,
  type TargetConfig,
} from '@inmesh/core'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceProvider } from '../resource/resource-provider.js'
import type { Unsupported } from '../resource/resource-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import type { ClusterPool, ClusterUser } from './cluster-pool.js'
import type { ClusterRoot } from './cluster-root.js'
import { keepIfEqual } from './keep-if-equal.js'
import type { LiveResource } from './live-unsupported.js'
import { missingResource } from './missing-resource.js'
import { refuseRoutes } from './refuse-routes.js'
import { listServeActions } from './serve-actions.js'
import type { TargetStrategy } from './target-strategy.js'

/** What there is to tell about a target. */
export type TargetState =
  /** Nothing yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'configured'; readonly config: TargetConfig }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly error: MeshError }

/** What a target node needs from the tree. */
export interface TargetNodeOptions {
  /** `host:port`. */
  readonly name: string
  /** How the target leads to resources. */
  readonly strategy: TargetStrategy
  /** Where resources come from. */
  readonly provider: ResourceProvider
  /** Clusters shared with other targets. */
  readonly clusters: ClusterPool<ClusterRoot>
  /** Called when {@link TargetNode.settle} may give a new state. */
  readonly changed: () => void
  /** Told of errors that change nothing. */
  readonly logger: Logger
}

/** A listener with its routes and the clusters these name. */
interface Generation {
  readonly listener: ListenerConfig
  readonly routes: RouteConfiguration
  /** Undefined where the listener holds them. */
  readonly routesName: string | undefined
  readonly clusters: ReadonlyMap<string, ClusterRoot>
}

/** The last good value stays in use; whoever provides resources has logged why. */
const NOTHING_TO_DO = (): void => {}

/** Where a listener has its routes. */
const INLINE = 'api_listener.api_listener.route_config.'

const WAITING: TargetState = { kind: 'waiting' }
const UNKNOWN: TargetState = { kind: 'unknown' }

/**
 * One target: its listener, routes and clusters. What is in use stays in use, updates of its clusters included, until a newer listener
 * or route table is resolved as a whole (gRFC A74, make before break).
 */
export class TargetNode implements ClusterUser {
  readonly #options: TargetNodeOptions
  readonly #stopListener: () => void
  #stopRoutes: (() => void) | undefined
  #listenerName: string | undefined
  #listener: ListenerConfig | undefined
  #refused: Refusals | undefined
  #listenerUnsupported: readonly Unsupported[] = []
  #routesName: string | undefined
  /** The newest routes, the listener's refusals not yet applied. */
  #routes: RouteConfiguration | undefined
  #routesUnsupported: readonly Unsupported[] = []
  #current: Generation | undefined
  #next: Generation | undefined
  /** Names of clusters that were in one of these. */
  readonly #unneeded = new Set<string>()
  #state: TargetState = WAITING

  /**
   * @param options - Names and collaborators.
   */
  constructor(options: TargetNodeOptions) {
    this.#options = options
    const { strategy, name } = options
    this.#stopListener = strategy.watchListener(name, {
      changed: (resource, unsupported) => this.#listenerChanged(resource, unsupported),
      missing: () => this.#drop(UNKNOWN),
      failed: (error) => this.#drop({ kind: 'failed', error }),
      ambient: NOTHING_TO_DO,
      absent: () => {
        // A hint only, and only while there is nothing: what was received and then left out is deleted, which `missing` tells.
        if (this.#listener === undefined) this.#drop(UNKNOWN)
      },
    })
  }

  /** The resources in use or in preparation. */
  *resources(): Iterable<LiveResource> {
    if (this.#listenerName !== undefined) {
      yield { type: listenerType, name: this.#listenerName, unsupported: this.#listenerUnsupported }
    }
    if (this.#routesName !== undefined) {
      yield { type: routeConfigurationType, name: this.#routesName, unsupported: this.#routesUnsupported }
    }
  }

  clusterChanged(): void {
    this.#options.changed()
  }

  /** Takes over what became complete. */
  settle(): TargetState {
    if (this.#next !== undefined && isComplete(this.#next, this.#current)) {
      const previous = this.#current
      this.#current = this.#next
      this.#next = undefined
      this.#releaseUnused(previous)
    }
    if (this.#current !== undefined) this.#configure(this.#current)
    return this.#state
  }

  /** Ends all watches. */
  close(): void {
    this.#stopListener()
    this.#drop(WAITING)
    this.releaseUnneeded()
  }

  #listenerChanged(resource: ListenerResource, unsupported: readonly Unsupported[]): void {
    this.#listenerName = resource.listener.name
    this.#listenerUnsupported = unsupported
    const { routes } = resource
    if (routes.kind === 'none') {
      const { name } = resource.listener
      const message = `listener ${name} cannot be used by a client: ${routes.reason}`
      this.#drop({
        kind: 'failed',
        error: new MeshError('ERR_INMESH_RESOURCE_INVALID', message, { place: { resource: name } }),
      })
      this.#listenerUnsupported = unsupported
      return
    }
    this.#listener = keepIfEqual(this.#listener, resource.listener)
    this.#refused = keepIfEqual(this.#refused, resource.refused)
    this.#watchRoutes(routes.kind === 'rds' ? routes.name : undefined)
    if (routes.kind === 'inline') {
      this.#listenerUnsupported = [...unsupported, ...listServeActions(routes.routes, INLINE)]
      this.#routesChanged(routes.routes)
    } else this.#prepare()
  }

  #routesChanged(table: RouteConfiguration): void {
    const { name, strategy } = this.#options
    const routes = strategy.routesOf(name, table)
    if (routes === undefined) {
      this.#routesUnknown()
      return
    }
    this.#routes = keepIfEqual(this.#routes, routes)
    this.#prepare()
  }

  /** The table has no place for the target: it is unknown until it has one. */
  #routesUnknown(): void {
    this.#routes = undefined
    this.#abandonNext()
    const previous = this.#current
    this.#current = undefined
    this.#releaseUnused(previous)
    this.#state = UNKNOWN
    this.#options.changed()
  }

  #watchRoutes(name: string | undefined): void {
    // Inline routes that follow inline routes may be equal, so they stay for comparison.
    if (name === this.#routesName) return
    this.#stopRoutes?.()
    this.#stopRoutes = undefined
    this.#routesName = name
    this.#routes = undefined
    this.#routesUnsupported = []
    if (name === undefined) return
    this.#stopRoutes = this.#options.provider.watch(routeConfigurationType, name, {
      changed: (routes, unsupported) => {
        this.#routesUnsupported = [...unsupported, ...listServeActions(routes)]
        this.#routesChanged(routes)
      },
      missing: () => this.#routesFailed(missingResource(`route configuration ${name}`, name)),
      failed: (error) => this.#routesFailed(error),
      ambient: NOTHING_TO_DO,
    })
  }

  /**
   * There are no such routes. Whether an error or a deletion costs routes that were good is for the provider to say (gRFC A88), and it
   * says so by this; earlier routes of another name stay in use, as after any other bad update.
   */
  #routesFailed(error: MeshError): void {
    this.#routes = undefined
    this.#routesUnsupported = []
    this.#abandonNext()
    const { name, logger } = this.#options
    if (this.#current === undefined || this.#current.routesName === this.#routesName) {
      const failed = this.#current
      this.#current = undefined
      this.#releaseUnused(failed)
      this.#state = { kind: 'failed', error }
    } else {
      logger.warn(`xds: ${name} keeps the routes it has: ${error.message}`)
    }
    this.#options.changed()
  }

  #prepare(): void {
    const listener = this.#listener
    const table = this.#routes
    if (listener === undefined || table === undefined) return
    const refusing = refuseRoutes(table, this.#refused!)
    const routes = keepIfEqual(this.#current?.routes, refusing)
    const abandoned = this.#next
    const clusters = new Map<string, ClusterRoot>()
    for (const name of clusterNames(routes)) clusters.set(name, this.#options.clusters.acquire(name, this))
    this.#next = { listener, routes, routesName: this.#routesName, clusters }
    this.#releaseUnused(abandoned)
    this.#options.changed()
  }

  #abandonNext(): void {
    const abandoned = this.#next
    this.#next = undefined
    this.#releaseUnused(abandoned)
  }

  #releaseUnused(generation: Generation | undefined): void {
    for (const name of generation?.clusters.keys() ?? []) this.#unneeded.add(name)
  }

  /**
   * Gives clusters back that are not needed any more. Not before watchers know of it: they may go on to watch one for calls that still use it,
   * and it need not be asked for anew then (gRFC A31).
   */
  releaseUnneeded(): void {
    for (const name of this.#unneeded) {
      if (this.#current?.clusters.has(name) || this.#next?.clusters.has(name)) continue
      this.#options.clusters.release(name, this)
    }
    this.#unneeded.clear()
  }

  /** Forgets everything but the watch of the listener. */
  #drop(state: TargetState): void {
    this.#listener = undefined
    this.#refused = undefined
    this.#listenerUnsupported = []
    this.#watchRoutes(undefined)
    this.#routes = undefined
    this.#releaseUnused(this.#current)
    this.#releaseUnused(this.#next)
    this.#current = undefined
    this.#next = undefined
    this.#state = state
    this.#options.changed()
  }

  /** Puts the configuration together; it stays the same object while none of its parts changed. */
  #configure({ listener, routes, clusters: nodes }: Generation): void {
    const previous = this.#state.kind === 'configured' ? this.#state.config : undefined
    const resolved = new Map<string, ResolvedCluster>()
    for (const [name, node] of nodes) resolved.set(name, node.resolved!)
    const clusters = sameEntries(previous?.clusters, resolved) ? previous!.clusters : resolved
    if (previous?.listener === listener && previous.routes === routes && previous.clusters === clusters) return
    this.#state = { kind: 'configured', config: { name: this.#options.name, listener, routes, clusters } }
  }
}

/** A cluster that only seems to be absent is waited for where there is something to go on with meanwhile (gRFC A74). */
function isComplete({ clusters }: Generation, current: Generation | undefined): boolean {
  for (const [name, node] of clusters) {
    if (node.resolved === undefined) return false
    if (node.isProvisional && current !== undefined && !current.clusters.has(name)) return false
  }
  return true
}

function sameEntries<V>(left: ReadonlyMap<string, V> | undefined, right: ReadonlyMap<string, V>): boolean {
  if (left?.size !== right.size) return false
  for (const [key, value] of right) if (left.get(key) !== value) return false
  return true
}
