/**
 * The name that was probably meant.
 *
 * @param name - What was written.
 * @param known - What could have been.
 * @returns undefined where nothing is near: more than a third of it would have to be changed.
 */
export function nearMiss(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.floor(name.length / 3) + 1
  for (const candidate of known) {
    const distance = editDistance(name, candidate)
    if (distance >= least) continue
    best = candidate
    least = distance
  }
  return best
}

/** Letters to insert, delete or replace (Wagner and Fischer). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[to.length]!
}
