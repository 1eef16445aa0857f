import type { Endpoint } from '../cluster/endpoint.js'
import { sameValue } from '../collections/same-value.js'
import type { JsonValue } from '../model/endpoint.js'
import type { RetryPolicy } from '../model/retry-policy.js'

/** Where Envoy's load balancing looks for metadata. */
const NAMESPACE = 'envoy.lb'

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
    const metadata = endpoint.config.metadata[NAMESPACE]
    if (!isObject(metadata)) return false
    if (this.#canaries && metadata.canary === true) return true
    return this.#metadata.length > 0 && this.#metadata.every(([key, value]) => sameValue(metadata[key], value))
  }
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
