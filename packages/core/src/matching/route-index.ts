import type { RequestView } from '../call/request-view.js'
import type { RouteMatch } from '../model/match.js'
import { positionKeys } from './position-keys.js'
import { NO_POSITION, type PositionKey, PositionSet } from './position-set.js'

interface Node {
  /** The characters between the parent and this node. */
  readonly edge: string
  /** Undefined where no route ends: most nodes only lead on, or only end. */
  positions: PositionSet | undefined
  /** By their first characters. */
  children: Map<number, Node> | undefined
}

/** A condition on the whole path beyond what the index knows. */
interface Pattern {
  matches(path: string): boolean
}

/**
 * Finds the routes that a request may meet, without looking at the others: exact paths by hash, prefixes by a radix tree, patterns by the
 * text that they begin with; and among routes for the same path, those that ask for an exact header, query parameter or cookie by its value.
 * Routes are known by their position, because the first that matches wins.
 */
export class RouteIndex {
  readonly #exact = new Map<string, PositionSet>()
  readonly #exactIgnoringCase = new Map<string, PositionSet>()
  readonly #prefixes = node('')
  readonly #prefixesIgnoringCase = node('')
  /** By position; empty where no route has a pattern. */
  readonly #patterns: (Pattern | undefined)[] = []
  readonly #ignoresCase: boolean

  /**
   * @param matches - Conditions of the routes, in order.
   */
  constructor(matches: readonly RouteMatch[]) {
    const keys = positionKeys(matches)
    for (const [position, match] of matches.entries()) this.#add(position, match, keys[position])
    this.#ignoresCase = matches.some(({ path }) => 'caseSensitive' in path && !path.caseSensitive)
  }

  /**
   * @param path - The path without its query string.
   * @param request - The request.
   * @param accept - Asked once for each candidate, in rising order of position, until it answers true. What the index has tested it need not
   * test, and may.
   * @param from - First position to look at.
   * @returns the position accepted, or -1.
   */
  first(
    path: string,
    request: RequestView,
    accept: (position: number, request: RequestView) => boolean,
    from = 0,
  ): number {
    const lower = this.#ignoresCase ? path.toLowerCase() : path
    const patterns = this.#patterns
    // Each round looks for the next candidate anew: nearly always the first is accepted, and a list of all would cost more.
    for (let start = from; ; ) {
      let candidate = smallest(this.#exact, this.#prefixes, path, start, request)
      if (this.#ignoresCase) {
        const other = smallest(this.#exactIgnoringCase, this.#prefixesIgnoringCase, lower, start, request)
        candidate = Math.min(candidate, other)
      }
      if (candidate === NO_POSITION) return -1
      const pattern = candidate < patterns.length ? patterns[candidate] : undefined
      if ((pattern === undefined || pattern.matches(path)) && accept(candidate, request)) return candidate
      start = candidate + 1
    }
  }

  #add(position: number, { path }: RouteMatch, key: PositionKey | undefined): void {
    if (path.kind === 'regex') {
      const { literals, prefix } = path.regex
      if (literals !== undefined) {
        for (const literal of literals) append(this.#exact, literal, position, key)
      } else {
        this.#addPattern(position, path.regex, prefix, key)
      }
      return
    }
    if (path.kind === 'template') {
      this.#addPattern(position, path.template, path.template.prefix, key)
      return
    }
    const value = path.caseSensitive ? path.value : path.value.toLowerCase()
    const exact = path.caseSensitive ? this.#exact : this.#exactIgnoringCase
    const prefixes = path.caseSensitive ? this.#prefixes : this.#prefixesIgnoringCase
    if (path.kind !== 'prefix') append(exact, value, position, key)
    if (path.kind === 'prefix') insert(prefixes, value, position, key)
    if (path.kind === 'path-separated-prefix') insert(prefixes, `${value}/`, position, key)
  }

  #addPattern(position: number, pattern: Pattern, prefix: string, key: PositionKey | undefined): void {
    // Filled up, as reading a hole of an array is slow.
    while (this.#patterns.length < position) this.#patterns.push(undefined)
    this.#patterns.push(pattern)
    insert(this.#prefixes, prefix, position, key)
  }
}

function node(edge: string): Node {
  return { edge, positions: undefined, children: undefined }
}

function append(index: Map<string, PositionSet>, text: string, position: number, key: PositionKey | undefined): void {
  let positions = index.get(text)
  if (positions === undefined) {
    positions = new PositionSet()
    index.set(text, positions)
  }
  positions.add(position, key)
}

function insert(root: Node, prefix: string, position: number, key: PositionKey | undefined): void {
  let current = root
  let rest = prefix
  while (rest !== '') {
    const first = rest.charCodeAt(0)
    current.children ??= new Map()
    const { children } = current
    const child = children.get(first)
    if (child === undefined) {
      const leaf = node(rest)
      children.set(first, leaf)
      current = leaf
      break
    }
    const shared = sharedLength(child.edge, rest)
    if (shared < child.edge.length) {
      const upper = node(child.edge.slice(0, shared))
      const lower: Node = { ...child, edge: child.edge.slice(shared) }
      upper.children = new Map([[lower.edge.charCodeAt(0), lower]])
      children.set(first, upper)
      current = upper
    } else {
      current = child
    }
    rest = rest.slice(shared)
  }
  current.positions ??= new PositionSet()
  current.positions.add(position, key)
}

function sharedLength(left: string, right: string): number {
  const limit = Math.min(left.length, right.length)
  let length = 0
  while (length < limit && left.charCodeAt(length) === right.charCodeAt(length)) length++
  return length
}

/** The smallest position from `start` on whose path condition holds and whose key the request has. */
function smallest(
  exact: Map<string, PositionSet>,
  root: Node,
  path: string,
  start: number,
  request: RequestView,
): number {
  let found = (exact.size > 0 ? exact.get(path)?.atLeast(start, request) : undefined) ?? NO_POSITION
  let current = root
  let offset = 0
  for (;;) {
    if (current.positions !== undefined) found = Math.min(found, current.positions.atLeast(start, request))
    if (current.children === undefined || offset === path.length) return found
    const child = current.children.get(path.charCodeAt(offset))
    // Its first character is the one that it was found by.
    if (child === undefined || (child.edge.length > 1 && !path.startsWith(child.edge, offset))) return found
    offset += child.edge.length
    current = child
  }
}
