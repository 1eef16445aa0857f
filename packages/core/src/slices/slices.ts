/**
 * Work cut into steps, each of which takes a fraction of a millisecond: `next()` does one, the last gives the result. Whoever runs them looks
 * at the clock in between, and lets the event loop turn when it has run for long enough. A step that yields `turn` says that the next one
 * cannot be cut, and should have a slice of its own.
 */
export type Slices<Result> = Generator<undefined | 'turn', Result, undefined>

/**
 * Does all of the work in one go.
 *
 * @param slices - The work.
 */
export function finishSlices<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const step = slices.next()
    if (step.done) return step.value
  }
}
