/** How many bytes of a resource are decoded in one slice: a few milliseconds even before the code was compiled. */
export const SLICE_BYTES = 64 * 1024
