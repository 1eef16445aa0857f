/**
 * Compares plain data by what it says, however its fields are ordered: JSON values, and configuration as the model has it. Objects of a
 * class are told apart by their public fields, a regular expression by its pattern.
 *
 * @param left - A value.
 * @param right - Another.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key as never], right[key as never]))
  )
}
