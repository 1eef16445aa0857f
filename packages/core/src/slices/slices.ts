/**
 * Work cut into slices, each short enough that the event loop is not held up by one: `next()` does one slice, the last gives the result.
 * Whoever runs them decides whether the event loop turns in between.
 */
export type Slices<Result> = Generator<undefined, Result, undefined>

/**
 * Does all slices in one go.
 *
 * @param slices - The work.
 */
export function finishSlices<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const step = slices.next()
    if (step.done) return step.value
  }
}
