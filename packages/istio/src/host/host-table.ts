import { hostMatches } from './host-name.js'

/** What is written for hosts, found by host: for its very name before a pattern, for a long pattern before a short one. */
export class HostTable<T> {
  readonly #exact = new Map<string, T>()
  readonly #patterns: { readonly pattern: string; readonly value: T }[] = []

  /** @param entries - Host names or patterns with what is for them; of two for the same the first counts. */
  constructor(entries: Iterable<readonly [pattern: string, T]>) {
    for (const [pattern, value] of entries) {
      if (pattern.startsWith('*')) this.#patterns.push({ pattern, value })
      else if (!this.#exact.has(pattern)) this.#exact.set(pattern, value)
    }
    this.#patterns.sort((one, other) => other.pattern.length - one.pattern.length)
  }

  /** @param host - A full host name. */
  get(host: string): T | undefined {
    return this.#exact.get(host) ?? this.#patterns.find(({ pattern }) => hostMatches(pattern, host))?.value
  }
}
