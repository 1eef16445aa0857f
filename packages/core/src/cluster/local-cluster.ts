import { type HostSet, hostSet, membersByPriority } from '../hosts/host-set.js'
import type { LocalHosts } from '../hosts/zone-routing.js'
import { type Locality, localityKey } from '../model/endpoint.js'
import type { EndpointSet } from './endpoint-set.js'

/**
 * The cluster that the mesh itself is part of (Envoy, `local_cluster_name`): by where its endpoints are, clusters that it calls know which
 * share of the callers is in which zone. Its first priority only, as there.
 */
export class LocalCluster implements LocalHosts {
  /** Resource name. */
  readonly name: string
  readonly locality: string
  readonly #observers = new Set<() => void>()
  #set: HostSet | undefined

  /**
   * @param name - Resource name.
   * @param locality - Where this process is.
   */
  constructor(name: string, locality: Locality) {
    this.name = name
    this.locality = localityKey(locality)
  }

  get set(): HostSet | undefined {
    return this.#set
  }

  /**
   * Takes over its endpoints with their health as it is now.
   *
   * @param endpoints - Its running endpoints.
   */
  update(endpoints: EndpointSet): void {
    const [first] = membersByPriority(endpoints.assignment, endpoints)
    this.#set = first && hostSet(first)
    for (const changed of this.#observers) changed()
  }

  /**
   * Starts to tell of changes.
   *
   * @param changed - Called after each.
   * @returns a function that ends it.
   */
  observe(changed: () => void): () => void {
    this.#observers.add(changed)
    return () => this.#observers.delete(changed)
  }
}
