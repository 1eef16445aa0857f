/**
 * Finds what is registered for a host: exact names first, then `*.suffix`, then `prefix.*`, then `*`; within a class the longest
 * pattern wins (Envoy, VirtualHost.domains; gRFC A27). Hosts are compared in lower case.
 */
export class DomainIndex<T> {
  readonly #exact = new Map<string, T>()
  /** Keyed by the pattern without its asterisk; lengths in falling order, so that the first hit is the longest. */
  readonly #suffixes = new Map<string, T>()
  readonly #prefixes = new Map<string, T>()
  #suffixLengths: number[] = []
  #prefixLengths: number[] = []
  #any: T | undefined

  /**
   * Registers a pattern. The first registration of a pattern stays.
   *
   * @param pattern - `host`, `*.suffix`, `*suffix`, `prefix.*`, `prefix*` or `*`.
   * @param value - What to find.
   */
  add(pattern: string, value: T): void {
    const domain = pattern.toLowerCase()
    if (domain === '*') {
      this.#any ??= value
    } else if (domain.startsWith('*')) {
      this.#suffixLengths = register(this.#suffixes, this.#suffixLengths, domain.slice(1), value)
    } else if (domain.endsWith('*')) {
      this.#prefixLengths = register(this.#prefixes, this.#prefixLengths, domain.slice(0, -1), value)
    } else if (!this.#exact.has(domain)) {
      this.#exact.set(domain, value)
    }
  }

  /**
   * @param host - Lower-case host, with the port where the caller wants it to count.
   * @returns what is registered for the best pattern, or undefined.
   */
  find(host: string): T | undefined {
    const exact = this.#exact.get(host)
    if (exact !== undefined) return exact
    for (const length of this.#suffixLengths) {
      // An asterisk stands for at least one character (Envoy, VirtualHost.domains).
      if (length >= host.length) continue
      const hit = this.#suffixes.get(host.slice(host.length - length))
      if (hit !== undefined) return hit
    }
    for (const length of this.#prefixLengths) {
      if (length >= host.length) continue
      const hit = this.#prefixes.get(host.slice(0, length))
      if (hit !== undefined) return hit
    }
    return this.#any
  }
}

function register<T>(index: Map<string, T>, lengths: number[], key: string, value: T): number[] {
  if (index.has(key)) return lengths
  index.set(key, value)
  return lengths.includes(key.length) ? lengths : [...lengths, key.length].sort((left, right) => right - left)
}
