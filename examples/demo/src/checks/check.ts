/** A statement about the run that is true or not. */
export interface Check {
  readonly statement: string
  readonly passed: boolean
  /** The numbers that it stands on. */
  readonly numbers: string
}

/** A number as people read it: 2,431. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}
