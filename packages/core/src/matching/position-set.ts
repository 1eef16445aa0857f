import type { RequestView } from '../call/request-view.js'
import type { RequestValue } from './request-value.js'

/** Greater than every position, and still a small integer. */
export const NO_POSITION = 0x3fff_ffff

/** A value that a request must have for a route to apply; routes with different keys need not be looked at one by one. */
export interface PositionKey {
  /** Reads the value. One function for all keys of one kind. */
  readonly read: RequestValue
  /** The value that is asked for. */
  readonly value: string
}

interface KeyedPositions {
  readonly read: RequestValue
  readonly byValue: Map<string, number[]>
}

/** Positions of routes with the same path condition, in rising order. */
export class PositionSet {
  /** Of those without a key; most sets have no other. */
  #first = NO_POSITION
  readonly #plain: number[] = []
  #keyed: KeyedPositions[] | undefined

  /**
   * @param position - Not less than any that was added before.
   * @param key - What a request must have to be asked for it; undefined when it is to be asked for every request.
   */
  add(position: number, key: PositionKey | undefined): void {
    if (key === undefined) {
      this.#first = Math.min(this.#first, position)
      this.#plain.push(position)
      return
    }
    this.#keyed ??= []
    let keyed = this.#keyed.find(({ read }) => read === key.read)
    if (keyed === undefined) {
      keyed = { read: key.read, byValue: new Map() }
      this.#keyed.push(keyed)
    }
    const positions = keyed.byValue.get(key.value)
    if (positions === undefined) keyed.byValue.set(key.value, [position])
    else positions.push(position)
  }

  /**
   * @param start - Where to begin.
   * @param request - Whose values count.
   * @returns the first position that is not before `start`, or {@link NO_POSITION}.
   */
  atLeast(start: number, request: RequestView): number {
    let found = this.#first >= start ? this.#first : atLeast(this.#plain, start)
    const keyed = this.#keyed
    if (keyed === undefined) return found
    for (let index = 0; index < keyed.length; index++) {
      const { read, byValue } = keyed[index]!
      const value = read(request)
      const positions = value === undefined ? undefined : byValue.get(value)
      if (positions !== undefined) found = Math.min(found, atLeast(positions, start))
    }
    return found
  }
}

function atLeast(positions: readonly number[], start: number): number {
  const length = positions.length
  if (length === 0) return NO_POSITION
  if (positions[0]! >= start) return positions[0]!
  let low = 1
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! >= start) high = middle
    else low = middle + 1
  }
  return low < length ? positions[low]! : NO_POSITION
}
