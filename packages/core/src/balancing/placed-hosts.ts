import type { Endpoint } from '../cluster/endpoint.js'
import type { WeightedEndpoint } from './balancer.js'
import { hashKey } from './hash-key.js'

/** Sums of weights that are this near to 1 are 1: whoever composed them has normalised them, and rounded. */
const ROUNDING = 1e-9

/** Endpoints as they are placed on a ring or in a table: what places them, and their shares of the whole. */
export class PlacedHosts {
  /** In the order of the assignment. */
  readonly endpoints: readonly Endpoint[]
  /** What places each, one byte in each character. */
  readonly keys: readonly string[]
  /** Share of each; together 1. */
  readonly shares: readonly number[]

  /**
   * @param hosts - Endpoints with their weights.
   * @param useHostname - See {@link hashKey}.
   */
  constructor(hosts: readonly WeightedEndpoint[], useHostname: boolean) {
    this.endpoints = hosts.map(({ endpoint }) => endpoint)
    this.keys = this.endpoints.map((endpoint) => hashKey(endpoint, useHostname))
    const sum = hosts.reduce((total, { weight }) => total + weight, 0)
    // Divided once only: placement follows Envoy's to the last bit of these numbers.
    this.shares = hosts.map(({ weight }) => (Math.abs(sum - 1) < ROUNDING ? weight : weight / sum))
  }

  /**
   * Whether others would be placed the same.
   *
   * @param other - Others.
   */
  equals(other: PlacedHosts): boolean {
    return (
      this.endpoints.length === other.endpoints.length &&
      this.endpoints.every(
        (endpoint, index) =>
          endpoint === other.endpoints[index] &&
          this.keys[index] === other.keys[index] &&
          this.shares[index] === other.shares[index],
      )
    )
  }
}
