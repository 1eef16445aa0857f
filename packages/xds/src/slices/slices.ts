/**
 * Work cut into slices, each short enough that the event loop is not held up by one: `next()` does one slice, the last gives the result.
 * Whoever runs them decides whether the event loop turns in between.
 */
export type Slices<Result> = Generator<undefined, Result, undefined>

/** How many bytes of a resource are decoded in one slice: a few milliseconds even before the code was compiled. */
export const SLICE_BYTES = 64 * 1024

/** Does all slices in one go. */
export function finish<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const step = slices.next()
    if (step.done) return step.value
  }
}
