import type { StringMatch, TextMatch } from '../model/match.js'

/** A compiled condition on a string. */
export type StringMatcher = (value: string) => boolean

/**
 * @param match - The condition.
 * @returns a function that tests it, prepared so that a test allocates nothing unless case is ignored.
 */
export function compileStringMatch(match: StringMatch): StringMatcher {
  if (match.kind === 'regex') {
    const regex = match.regex
    return (value) => regex.matches(value)
  }
  const test = compare(match.kind, match.value)
  return match.ignoreCase ? (value) => test(value.toLowerCase()) : test
}

function compare(kind: TextMatch['kind'], expected: string): StringMatcher {
  switch (kind) {
    case 'exact':
      return (value) => value === expected
    case 'prefix':
      return (value) => value.startsWith(expected)
    case 'suffix':
      return (value) => value.endsWith(expected)
    case 'contains':
      return (value) => value.includes(expected)
  }
}
