import type { PathMatch, RegexMatch } from '../model/match.js'

interface Node {
  /** The characters between the parent and this node. */
  readonly edge: string
  readonly positions: number[]
  readonly children: Map<number, Node>
}

/**
 * Finds the routes whose path condition a path may meet, without looking at the others: exact paths by hash, prefixes by a radix tree,
 * and regular expressions one by one. Routes are known by their position, because the first that matches wins.
 */
export class PathIndex {
  readonly #exact = new Map<string, number[]>()
  readonly #exactIgnoringCase = new Map<string, number[]>()
  readonly #prefixes: Node = { edge: '', positions: [], children: new Map() }
  readonly #prefixesIgnoringCase: Node = { edge: '', positions: [], children: new Map() }
  readonly #regexes: { readonly position: number; readonly match: RegexMatch }[] = []
  #ignoresCase = false

  /**
   * @param position - Position of the route; positions must be added in rising order.
   * @param match - Its condition.
   */
  add(position: number, match: PathMatch): void {
    if (match.kind === 'regex') {
      this.#regexes.push({ position, match })
      return
    }
    if (!match.caseSensitive) this.#ignoresCase = true
    const value = match.caseSensitive ? match.value : match.value.toLowerCase()
    const exact = match.caseSensitive ? this.#exact : this.#exactIgnoringCase
    const prefixes = match.caseSensitive ? this.#prefixes : this.#prefixesIgnoringCase
    switch (match.kind) {
      case 'exact':
        append(exact, value, position)
        break
      case 'prefix':
        insert(prefixes, value, position)
        break
      case 'path-separated-prefix':
        append(exact, value, position)
        insert(prefixes, `${value}/`, position)
        break
    }
  }

  /**
   * @param path - The path without its query string.
   * @param subject - Handed to `accept`, so that no closure is needed.
   * @param accept - Asked once for each candidate, in rising order of position, until it answers true.
   * @param from - First position to look at.
   * @returns the position accepted, or -1.
   */
  first<S>(path: string, subject: S, accept: (position: number, subject: S) => boolean, from = 0): number {
    const lower = this.#ignoresCase ? path.toLowerCase() : path
    const regexes = this.#regexes
    let regex = 0
    // Each round looks for the next candidate anew: nearly always the first is accepted, and a list of all would cost more.
    for (let start = from; ; ) {
      let candidate = smallest(this.#exact, this.#prefixes, path, start)
      if (this.#ignoresCase) {
        candidate = Math.min(candidate, smallest(this.#exactIgnoringCase, this.#prefixesIgnoringCase, lower, start))
      }
      for (; regex < regexes.length && regexes[regex]!.position < candidate; regex++) {
        const { position, match } = regexes[regex]!
        if (position >= from && match.regex.matches(path) && accept(position, subject)) return position
      }
      if (candidate === NONE) return -1
      if (accept(candidate, subject)) return candidate
      start = candidate + 1
    }
  }
}

/** Greater than every position, and still a small integer. */
const NONE = 0x3fff_ffff

function append(index: Map<string, number[]>, key: string, position: number): void {
  const positions = index.get(key)
  if (positions === undefined) index.set(key, [position])
  else positions.push(position)
}

function insert(root: Node, prefix: string, position: number): void {
  let node = root
  let rest = prefix
  while (rest !== '') {
    const first = rest.charCodeAt(0)
    const child = node.children.get(first)
    if (child === undefined) {
      node.children.set(first, { edge: rest, positions: [position], children: new Map() })
      return
    }
    const shared = sharedLength(child.edge, rest)
    if (shared < child.edge.length) {
      const upper: Node = { edge: child.edge.slice(0, shared), positions: [], children: new Map() }
      upper.children.set(child.edge.charCodeAt(shared), { ...child, edge: child.edge.slice(shared) })
      node.children.set(first, upper)
      node = upper
    } else {
      node = child
    }
    rest = rest.slice(shared)
  }
  node.positions.push(position)
}

function sharedLength(left: string, right: string): number {
  const limit = Math.min(left.length, right.length)
  let length = 0
  while (length < limit && left.charCodeAt(length) === right.charCodeAt(length)) length++
  return length
}

/** The smallest position from `start` on whose condition the path meets. */
function smallest(exact: Map<string, number[]>, root: Node, path: string, start: number): number {
  let found = exact.size > 0 ? atLeast(exact.get(path), start) : NONE
  let node = root
  let offset = 0
  for (;;) {
    found = Math.min(found, atLeast(node.positions, start))
    const child: Node | undefined = offset < path.length ? node.children.get(path.charCodeAt(offset)) : undefined
    if (child === undefined || !path.startsWith(child.edge, offset)) return found
    offset += child.edge.length
    node = child
  }
}

/** The first of the rising positions that is not before `start`. */
function atLeast(positions: readonly number[] | undefined, start: number): number {
  if (positions === undefined || positions.length === 0) return NONE
  if (positions[0]! >= start) return positions[0]!
  let low = 1
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! >= start) high = middle
    else low = middle + 1
  }
  return low < positions.length ? positions[low]! : NONE
}
