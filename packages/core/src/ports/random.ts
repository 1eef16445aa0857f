/**
 * Randomness as the mesh sees it. Injected, so that a run with the same seed makes the same choices.
 */
export interface Random {
  /** A number drawn uniformly from [0, 1). */
  next(): number
  /**
   * An integer drawn uniformly from [0, bound).
   *
   * @param bound - A positive integer, at most 2^32.
   */
  below(bound: number): number
  /**
   * Fills `bytes` with random octets.
   *
   * @param bytes - The array to fill; trace and span ids are made this way.
   */
  fill(bytes: Uint8Array): void
}
