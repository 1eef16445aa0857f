import type { Endpoint } from '../cluster/endpoint.js'
import type { WeightedEndpoint } from './balancer.js'

/** Finds endpoints in a list, asked for in nearly the order in which they stand there, as those of the next update are. */
export class HostPositions {
  readonly #hosts: readonly WeightedEndpoint[]
  #next = 0
  /** Made when somebody is not the next one. */
  #byEndpoint: Map<Endpoint, number> | undefined

  /**
   * @param hosts - The list.
   */
  constructor(hosts: readonly WeightedEndpoint[]) {
    this.#hosts = hosts
  }

  /** Index of an endpoint; -1 where it is not in the list. */
  of(endpoint: Endpoint): number {
    if (this.#hosts[this.#next]?.endpoint === endpoint) return this.#next++
    this.#byEndpoint ??= new Map(this.#hosts.map((host, index) => [host.endpoint, index]))
    const found = this.#byEndpoint.get(endpoint) ?? -1
    if (found >= 0) this.#next = found + 1
    return found
  }
}
