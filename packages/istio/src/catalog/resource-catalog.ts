import { emptyMeshConfig, type MeshConfig } from '../model/mesh-config.js'
import { MeshView } from '../registry/mesh-view.js'
import type { NodeView } from '../registry/node-view.js'
import { noRegistrations, type Registrations } from '../registry/registered-workload.js'
import type { Service } from '../registry/service.js'
import { joinServices } from '../registry/service-registry.js'
import { NodeResources } from './node-resources.js'
import { ResourceIndex } from './resource-index.js'
import { viewKeys } from './view-key.js'

/**
 * Configuration and running workloads as xDS resources, for any number of callers. Resources are made when they are asked for, kept, and
 * shared by callers that see the same.
 */
export class ResourceCatalog {
  #config: MeshConfig
  #registrations: Registrations
  #services: readonly Service[]
  #key: (node: NodeView) => string
  #nodes = new Map<string, NodeResources>()
  readonly #before = new Map<string, NodeResources>()

  /**
   * @param config - What files declare. Default: nothing.
   * @param registrations - What workloads say of themselves. Default: nothing.
   */
  constructor(config: MeshConfig = emptyMeshConfig, registrations: Registrations = noRegistrations) {
    this.#config = config
    this.#registrations = registrations
    this.#services = joinServices(config, registrations)
    this.#key = viewKeys(config)
  }

  /** The configuration in use. */
  get config(): MeshConfig {
    return this.#config
  }

  /**
   * Takes a change. What was handed out by {@link forNode} stays as it was; ask again for what there is now.
   *
   * @param change - What changed.
   */
  update(change: { readonly config?: MeshConfig; readonly registrations?: Registrations }): void {
    this.#config = change.config ?? this.#config
    this.#registrations = change.registrations ?? this.#registrations
    this.#services = joinServices(this.#config, this.#registrations)
    this.#key = viewKeys(this.#config)
    // Several updates may come before a caller asks again: what it got last is kept until then.
    for (const [key, resources] of this.#nodes) this.#before.set(key, resources)
    this.#nodes = new Map()
  }

  /**
   * @param node - Who asks.
   * @returns what it gets now. A resource that is as it was before the last update is the same object.
   */
  forNode(node: NodeView): NodeResources {
    const key = this.#key(node)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const view = new MeshView(node, this.#config, this.#services)
    const index = new ResourceIndex(view, this.#config.xdsDocuments)
    const resources = new NodeResources(index, this.#before.get(key))
    this.#nodes.set(key, resources)
    return resources
  }
}
