import type { PathMatch } from '../model/match.js'

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
  readonly #regexes: { readonly position: number; readonly match: PathMatch & { kind: 'regex' } }[] = []
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
    const candidates: number[] = []
    collect(this.#exact, this.#prefixes, path, candidates)
    if (this.#ignoresCase) {
      collect(this.#exactIgnoringCase, this.#prefixesIgnoringCase, path.toLowerCase(), candidates)
    }
    if (candidates.length > 1) candidates.sort(ascending)
    const regexes = this.#regexes
    let regex = 0
    for (let index = 0; index <= candidates.length; index++) {
      const candidate = index < candidates.length ? candidates[index]! : Number.POSITIVE_INFINITY
      for (; regex < regexes.length && regexes[regex]!.position < candidate; regex++) {
        const { position, match } = regexes[regex]!
        if (position >= from && match.regex.matches(path) && accept(position, subject)) return position
      }
      if (index < candidates.length && candidate >= from && accept(candidate, subject)) return candidate
    }
    return -1
  }
}

function ascending(left: number, right: number): number {
  return left - right
}

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

function collect(exact: Map<string, number[]>, root: Node, path: string, into: number[]): void {
  const hits = exact.get(path)
  if (hits !== undefined) for (const position of hits) into.push(position)
  let node: Node | undefined = root
  let offset = 0
  while (node !== undefined) {
    for (const position of node.positions) into.push(position)
    const child: Node | undefined = offset < path.length ? node.children.get(path.charCodeAt(offset)) : undefined
    if (child === undefined || !path.startsWith(child.edge, offset)) return
    offset += child.edge.length
    node = child
  }
}
