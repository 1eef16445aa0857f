/**
 * Requests of a mesh that have a fault injected now. gRPC calls are counted together (gRFC A33: "process-global"), HTTP calls by listener
 * and filter, as Envoy's gauge `active_faults`.
 */
export class ActiveFaults {
  /** gRPC calls. */
  static readonly GRPC = ''
  readonly #counts = new Map<string, number>()

  /**
   * How many requests have a fault injected now.
   *
   * @param key - {@link ActiveFaults.GRPC}, or listener and filter.
   */
  count(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /**
   * Counts a request in.
   *
   * @param key - As for {@link ActiveFaults.count}.
   * @returns a function that counts it out, once.
   */
  begin(key: string): () => void {
    this.#counts.set(key, this.count(key) + 1)
    let active = true
    return () => {
      if (!active) return
      active = false
      const left = this.count(key) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }
}
