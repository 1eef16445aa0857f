import type { RouteMatch, StringMatch } from '../model/match.js'
import type { PositionKey } from './position-set.js'
import { cookieValue, headerValue, queryValue, type RequestValue } from './request-value.js'

/** With fewer values there is nothing to gain. */
const WORTH_A_KEY = 4

/** One thing that routes of a table ask an exact value of: a header, a query parameter or a cookie. */
interface Kind {
  readonly read: RequestValue
  readonly values: Set<string>
}

interface ExactCondition {
  /** Tells the kinds apart. */
  readonly name: string
  readonly value: string
  readonly read: () => RequestValue
}

/**
 * Finds for each route of a table the one exact condition that sets it apart best: the one of the kind for which the table has most
 * values.
 *
 * @param matches - Conditions of the routes, in order.
 * @returns a key for each route, undefined where none is worth it.
 */
export function positionKeys(matches: readonly RouteMatch[]): readonly (PositionKey | undefined)[] {
  const kinds = new Map<string, Kind>()
  const conditions = matches.map(exactConditions)
  for (const { name, value, read } of conditions.flat()) {
    let kind = kinds.get(name)
    if (kind === undefined) {
      kind = { read: read(), values: new Set() }
      kinds.set(name, kind)
    }
    kind.values.add(value)
  }
  return conditions.map((list) => {
    let best: PositionKey | undefined
    let most = WORTH_A_KEY - 1
    for (const { name, value } of list) {
      const { read, values } = kinds.get(name)!
      if (values.size <= most) continue
      most = values.size
      best = { read, value }
    }
    return best
  })
}

function exactConditions(match: RouteMatch): readonly ExactCondition[] {
  const found: ExactCondition[] = []
  for (const { name, value, invert, treatMissingAsEmpty } of match.headers) {
    const text = invert || treatMissingAsEmpty || value.kind === 'range' ? undefined : exactText(value)
    if (text !== undefined) found.push({ name: `header ${name}`, value: text, read: () => headerValue(name) })
  }
  for (const { name, value } of match.queryParameters ?? []) {
    const text = exactText(value)
    if (text !== undefined) found.push({ name: `query ${name}`, value: text, read: () => queryValue(name) })
  }
  for (const { name, value, invert } of match.cookies ?? []) {
    const text = invert ? undefined : exactText(value)
    if (text !== undefined) found.push({ name: `cookie ${name}`, value: text, read: () => cookieValue(name) })
  }
  return found
}

function exactText(match: StringMatch | { readonly kind: 'present' }): string | undefined {
  return match.kind === 'exact' && !match.ignoreCase ? match.value : undefined
}
