/** A 64-bit hash of a request. */
export interface RequestHash {
  /** Upper 32 bits, unsigned. */
  readonly high: number
  /** Lower 32 bits, unsigned. */
  readonly low: number
}
