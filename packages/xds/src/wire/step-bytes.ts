/** How many bytes of a resource are decoded in one step: well under a millisecond, and little more before the code was compiled. */
export const STEP_BYTES = 8 * 1024
