/** One line of the table. Times are CPU time of the client process. */
export interface Row {
  /** What was measured. */
  readonly what: string
  /** The reference, with its unit. */
  readonly bare: string
  /** The mesh, with its unit. */
  readonly mesh: string
  /** Median of the ratios; absent where nothing is compared. */
  readonly ratio?: number
  /** What the reference gave against itself: how far the machine can be trusted. */
  readonly noise?: number
  /** What the ratio may be at most, or in words what must hold. */
  readonly target: number | string
  /** Whether it holds. */
  readonly met: boolean
}

/** Measures something; runs in a process of its own. */
export type Benchmark = () => Promise<readonly Row[]>
