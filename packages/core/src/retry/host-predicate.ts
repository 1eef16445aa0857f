import type { Endpoint } from '../cluster/endpoint.js'
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
    return this.#metadata.length > 0 && this.#metadata.every(([key, value]) => isSame(metadata[key], value))
  }
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(left: JsonValue | undefined, right: JsonValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length && left.every((item: JsonValue, index) => isSame(item, right[index] as JsonValue))
    )
  }
  if (!isObject(left) || !isObject(right)) return left === right
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length && keys.every((key) => key in right && isSame(left[key], right[key]!))
  )
}
