import type { AddressInfo } from 'node:net'
import {
  type ConfigSource,
  type InboundSource,
  type InboundWatcher,
  type Locality,
  type Logger,
  MeshError,
  type ServerAddress,
} from '@inmesh/core'
import { inboundListenerTemplate, type MeshConfig, MeshDirectory, type NodeView, ResourceCatalog } from '@inmesh/istio'
import {
  type ClientStatus,
  clusterTypeWith,
  DependencyTree,
  InboundTree,
  ListenerPerServer,
  type LiveUnsupported,
  LocalSource,
  listenerType,
  serverListenerName,
  templateNaming,
} from '@inmesh/xds'
import type { MeshSettings, WorkloadSettings } from '../options/mesh-settings.js'
import type { Configuration } from './configuration.js'
import { LocalRegistrations } from './local-registrations.js'

/** Configuration from a directory that is read in this process, and read again when it changes. */
export class DirectoryConfiguration implements Configuration, InboundSource {
  readonly source: ConfigSource
  readonly inbound: InboundSource = this
  readonly isReady = true
  readonly loadReporting = undefined
  readonly locality: Locality | undefined
  readonly #logger: Logger
  readonly #tree: DependencyTree
  readonly #servers: InboundTree
  /** Names of the listeners that servers asked for: those are made for whoever asks. */
  readonly #serverListeners = new Set<string>()
  readonly #resources: LocalSource
  readonly #catalog: ResourceCatalog
  readonly #node: NodeView
  readonly #registrations: LocalRegistrations
  #unwatch: () => void = () => {}

  private constructor(config: MeshConfig, settings: MeshSettings) {
    this.#logger = settings.logger
    this.#resources = new LocalSource(settings.logger, settings.clock)
    const { clock, random, logger, balancingPolicies } = settings
    this.#tree = new DependencyTree({
      provider: this.#resources,
      clusterType: clusterTypeWith(balancingPolicies),
      naming: templateNaming(),
      logger,
      clock,
      random,
    })
    this.#servers = new InboundTree(this.#resources, new ListenerPerServer(this.#resources, inboundListenerTemplate))
    this.source = this.#tree
    this.#catalog = new ResourceCatalog(config)
    this.#node = nodeView(settings.workload)
    this.locality = settings.workload.locality && this.#node.locality
    this.#registrations = new LocalRegistrations(settings.workload, this.#node)
    this.#warn(config)
    this.#publish()
  }

  /**
   * Reads a directory.
   *
   * @param path - The directory.
   * @param settings - Settings of the mesh.
   * @throws MeshError ERR_INMESH_CONFIG_FILE naming file, line and field of every error in it.
   */
  static async open(path: string, settings: MeshSettings): Promise<DirectoryConfiguration> {
    const directory = new MeshDirectory(path, { clock: settings.clock })
    const result = await directory.load()
    if (result.kind === 'refused') throw combined(result.errors)
    const configuration = new DirectoryConfiguration(result.config, settings)
    configuration.#unwatch = directory.watch({
      changed: (config, changes) => {
        configuration.#logger.info(`${path}: ${changes.length} resources changed`)
        configuration.#warn(config)
        configuration.#catalog.update({ config })
        configuration.#publish()
      },
      refused: (errors) => {
        for (const error of errors) configuration.#logger.warn(`${error.message}; the last good files stay in use`)
      },
    })
    return configuration
  }

  async whenReady(): Promise<void> {}

  missing(): { readonly what: string; readonly cause: MeshError | undefined } {
    return { what: 'nothing', cause: undefined }
  }

  unsupported(): readonly LiveUnsupported[] {
    return [...this.#tree.unsupported(), ...this.#servers.unsupported()]
  }

  /** In place of a control plane's registry: calls of this process find its own servers. */
  register(address: AddressInfo): () => void {
    const withdraw = this.#registrations.add(address)
    if (withdraw === undefined) return () => {}
    this.#registrationsChanged()
    return () => {
      if (withdraw()) this.#registrationsChanged()
    }
  }

  watchInbound(server: ServerAddress, watcher: InboundWatcher): () => void {
    const name = serverListenerName(inboundListenerTemplate, server)
    this.#serverListeners.add(name)
    this.#publish()
    const unwatch = this.#servers.watchInbound(server, watcher)
    return () => {
      unwatch()
      this.#serverListeners.delete(name)
    }
  }

  clientStatus(): readonly ClientStatus[] {
    return []
  }

  async flush(): Promise<void> {}

  close(): void {
    this.#unwatch()
    this.#tree.close()
    this.#servers.close()
  }

  #registrationsChanged(): void {
    this.#catalog.update({ registrations: this.#registrations.all() })
    this.#publish()
  }

  #publish(): void {
    const resources = this.#catalog.forNode(this.#node)
    const all = resources.everything()
    const { typeUrl } = listenerType
    const listed = new Set(all.filter((resource) => resource.typeUrl === typeUrl).map(({ name }) => name))
    const inbound = [...this.#serverListeners].filter((name) => !listed.has(name))
    this.#resources.replace([...all, ...inbound.flatMap((name) => resources.get(typeUrl, name) ?? [])])
  }

  #warn(config: MeshConfig): void {
    for (const warning of config.warnings) this.#logger.warn(warning.message)
  }
}

function nodeView({ namespace, service, version, labels, locality, pod }: WorkloadSettings): NodeView {
  return {
    namespace: namespace ?? pod?.namespace ?? 'default',
    labels: { ...pod?.labels, ...(service && { app: service }), ...(version && { version }), ...labels },
    locality: { region: locality?.region ?? '', zone: locality?.zone ?? '', subZone: locality?.subZone ?? '' },
  }
}

function combined(errors: readonly MeshError[]): MeshError {
  const [first, ...others] = errors
  if (others.length === 0) return first!
  const message = errors.map((error) => error.message).join('\n')
  return new MeshError('ERR_INMESH_CONFIG_FILE', message, { place: first!.place, cause: new AggregateError(errors) })
}
