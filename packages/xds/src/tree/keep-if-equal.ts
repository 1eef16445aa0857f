import { isDeepStrictEqual } from 'node:util'

/**
 * Keeps a part that did not change the same object, which is how everything behind the tree knows what to leave alone. Resources of
 * equal bytes do not get this far; those that differ only in what is not carried out, or in the order of a map, do.
 *
 * @param previous - The part as it was.
 * @param next - The part as it came.
 */
export function keepIfEqual<T>(previous: T | undefined, next: T): T {
  return previous !== undefined && isDeepStrictEqual(previous, next) ? previous : next
}
