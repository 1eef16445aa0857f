import {
  type InboundChainConfig,
  type InboundConfig,
  type InboundWatcher,
  MeshError,
  type RouteConfiguration,
  type ServerAddress,
} from '@inmesh/core'
import type { ListenerResource, ServerChain, ServerListener } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceProvider } from '../resource/resource-provider.js'
import type { Unsupported } from '../resource/resource-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import { keepIfEqual } from './keep-if-equal.js'
import type { LiveResource } from './live-unsupported.js'
import { missingResource } from './missing-resource.js'
import { refuseRoutes } from './refuse-routes.js'
import { servedRoutes } from './served-routes.js'
import type { ServerStrategy } from './server-strategy.js'
import { listUnlimitedRates } from './unlimited-rates.js'

/** What an {@link InboundNode} needs. */
export interface InboundNodeOptions {
  /** Where the server listens. */
  readonly server: ServerAddress
  /** How it leads to its listener. */
  readonly strategy: ServerStrategy
  /** Where resources come from. */
  readonly provider: ResourceProvider
  /** Who is told. */
  readonly watcher: InboundWatcher
}

/** A table of routes that chains name. */
interface WatchedRoutes {
  readonly stop: () => void
  /** Undefined before anything is known. */
  routes: RouteConfiguration | MeshError | undefined
  unsupported: readonly Unsupported[]
}

/** A listener in use, or the one that is to take its place. */
interface Revision {
  readonly name: string
  readonly listener: ServerListener
}

const NOTHING_TO_DO = (): void => {}

/** Listeners on these addresses stand for every address. */
const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '::']

/**
 * The listener of one server with the routes that it names. What is in use stays in use until all routes of a newer listener are there or known
 * to be in error (gRFC A36).
 */
export class InboundNode {
  readonly #options: InboundNodeOptions
  readonly #stopListener: () => void
  readonly #routes = new Map<string, WatchedRoutes>()
  readonly #served = new WeakMap<ServerChain, { source: RouteConfiguration; served: RouteConfiguration }>()
  #listenerUnsupported: readonly Unsupported[] = []
  #current: Revision | undefined
  #next: Revision | undefined
  #told: InboundConfig | undefined
  #isScheduled = false
  #isClosed = false

  /**
   * @param options - The server and collaborators.
   */
  constructor(options: InboundNodeOptions) {
    this.#options = options
    const { strategy, server, watcher } = options
    this.#stopListener = strategy.watchListener(server, {
      changed: (resource, unsupported) => this.#listenerChanged(resource, unsupported),
      missing: () => this.#drop(() => watcher.unknown()),
      failed: (error) => {
        if (error.code === 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE') watcher.unreachable(error)
        else this.#drop(() => watcher.failed(error))
      },
      ambient: NOTHING_TO_DO,
      absent: () => {
        if (this.#current === undefined && this.#next === undefined) watcher.unknown()
      },
    })
  }

  /** The resources in use or in preparation. */
  *resources(): Iterable<LiveResource> {
    const revision = this.#next ?? this.#current
    if (revision === undefined) return
    const unsupported = [...this.#listenerUnsupported, ...listUnlimitedRates(revision.listener)]
    yield { type: listenerType, name: revision.name, unsupported }
    for (const [routes, watched] of this.#routes) {
      yield { type: routeConfigurationType, name: routes, unsupported: watched.unsupported }
    }
  }

  /** Ends all watches. */
  close(): void {
    this.#isClosed = true
    this.#stopListener()
    this.#keepRoutes(new Set())
  }

  #listenerChanged(
    { listener: { name }, server: listener }: ListenerResource,
    unsupported: readonly Unsupported[],
  ): void {
    const { server, watcher } = this.#options
    const reason = unusable(server, listener)
    if (listener === undefined || reason !== undefined) {
      const message = `listener ${name} cannot be used by the server: ${reason}`
      this.#drop(() =>
        watcher.failed(new MeshError('ERR_INMESH_RESOURCE_INVALID', message, { place: { resource: name } })),
      )
      return
    }
    this.#listenerUnsupported = unsupported
    this.#next = { name, listener: keepIfEqual(this.#current?.listener, listener) }
    for (const routes of routesNamed(this.#next)) this.#watchRoutes(routes)
    this.#schedule()
  }

  #watchRoutes(name: string): void {
    if (this.#routes.has(name)) return
    const failed = (error: MeshError): void => {
      watched.routes = error
      watched.unsupported = []
      this.#schedule()
    }
    const watched: WatchedRoutes = {
      routes: undefined,
      unsupported: [],
      stop: this.#options.provider.watch(routeConfigurationType, name, {
        changed: (routes, unsupported) => {
          watched.routes = routes
          watched.unsupported = unsupported
          this.#schedule()
        },
        missing: () => failed(missingResource(`route configuration ${name}`, name)),
        failed,
        ambient: NOTHING_TO_DO,
      }),
    }
    this.#routes.set(name, watched)
  }

  #keepRoutes(needed: ReadonlySet<string>): void {
    for (const [name, { stop }] of this.#routes) {
      if (needed.has(name)) continue
      stop()
      this.#routes.delete(name)
    }
  }

  #drop(tell: () => void): void {
    this.#current = undefined
    this.#next = undefined
    this.#told = undefined
    this.#listenerUnsupported = []
    this.#keepRoutes(new Set())
    tell()
  }

  /** All that one response changes is told at once. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#settle()
    })
  }

  #settle(): void {
    const next = this.#next
    if (next !== undefined && [...routesNamed(next)].every((name) => this.#routes.get(name)?.routes !== undefined)) {
      this.#current = next
      this.#next = undefined
      this.#keepRoutes(routesNamed(next))
    }
    if (this.#current === undefined) return
    const config = this.#configOf(this.#current)
    if (this.#told !== undefined && isSame(this.#told, config)) return
    this.#told = config
    this.#options.watcher.configured(config)
  }

  #configOf({ name, listener }: Revision): InboundConfig {
    const { detectsProtocols, chains, fallback } = listener
    return {
      name,
      revision: listener,
      detectsProtocols,
      chains: chains.map((chain) => this.#chainOf(chain)),
      ...(fallback && { fallback: this.#chainOf(fallback) }),
    }
  }

  #chainOf(chain: ServerChain): InboundChainConfig {
    const { name, match, use } = chain
    if (use.kind !== 'http') return { name, match, use }
    const routes = this.#routesOf(use.routes)
    if (routes instanceof MeshError) return { name, match, use: { kind: 'failed', error: routes } }
    const known = this.#served.get(chain)
    const served = known?.source === routes ? known.served : refuseRoutes(servedRoutes(routes), use.refused)
    this.#served.set(chain, { source: routes, served })
    return { name, match, use: { kind: 'http', listener: use.listener, routes: served } }
  }

  #routesOf(routes: Extract<ServerChain['use'], { kind: 'http' }>['routes']): RouteConfiguration | MeshError {
    switch (routes.kind) {
      case 'inline':
        return routes.routes
      case 'rds':
        return this.#routes.get(routes.name)!.routes!
      case 'none':
        return new MeshError(
          'ERR_INMESH_RESOURCE_INVALID',
          `the routes of the listener cannot be used: ${routes.reason}`,
        )
    }
  }
}

function routesNamed({ listener: { chains, fallback } }: Revision): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { use } of fallback === undefined ? chains : [...chains, fallback]) {
    if (use.kind === 'http' && use.routes.kind === 'rds') names.add(use.routes.name)
  }
  return names
}

/** gRFC A36: neither is a reason to refuse the resource, and the server does not serve. */
function unusable(server: ServerAddress, listener: ServerListener | undefined): string | undefined {
  if (listener === undefined) return 'it is for clients'
  if (listener.catchesAllPorts) return undefined
  const { address, port } = listener.address
  if (port === server.port && isSameAddress(address, server.address)) return undefined
  return `it is for ${address} port ${port}, and the server listens on ${server.address} port ${server.port}`
}

/** Node binds to `::` for every address, and others write `0.0.0.0` for the same. */
function isSameAddress(left: string, right: string): boolean {
  return left === right || (EVERY_ADDRESS.includes(left) && EVERY_ADDRESS.includes(right))
}

function isSame(left: InboundConfig, right: InboundConfig): boolean {
  if (left.revision !== right.revision) return false
  const uses = ({ chains, fallback }: InboundConfig) =>
    [...chains, ...(fallback ? [fallback] : [])].map(({ use }) => use)
  const others = uses(right)
  return uses(left).every((use, index) => {
    const other = others[index]!
    if (use.kind === 'http' && other.kind === 'http') return use.routes === other.routes
    if (use.kind === 'failed' && other.kind === 'failed') return use.error === other.error
    return use.kind === other.kind
  })
}
