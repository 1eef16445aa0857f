import type { Endpoint } from '../cluster/endpoint.js'
import { sameValue } from '../collections/same-value.js'
import { balancingMetadata, type JsonValue } from '../model/endpoint.js'
import type { RetryPolicy } from '../model/retry-policy.js'

/** Says which endpoints a retry avoids: `previous_hosts`, `omit_canary_hosts` and `omit_host_metadata`. */
export class HostPredicate {
  readonly #previous: boolean
  readonly #canaries: boolean
  readonly #metadata: readonly (readonly [key: string, value: JsonValue])[]

  /**
   * @param policy - What is to be avoided.
   */
  constructor(policy: RetryPolicy) {
    this.#previous = policy.avoidPreviousHosts
    this.#canaries = policy.avoidCanaries === true
    this.#metadata = Object.entries(policy.avoidMetadata ?? {})
  }

  /**
   * @param endpoint - The endpoint that was drawn.
   * @param tried - Where earlier attempts went.
   */
  rejects(endpoint: Endpoint, tried: readonly Endpoint[]): boolean {
    if (this.#previous && tried.includes(endpoint)) return true
    if (!this.#canaries && this.#metadata.length === 0) return false
    const metadata = balancingMetadata(endpoint.config)
    if (metadata === undefined) return false
    if (this.#canaries && metadata.canary === true) return true
    return this.#metadata.length > 0 && this.#metadata.every(([key, value]) => sameValue(metadata[key], value))
  }
}
