import { SafeRegex } from '@inmesh/core'
import type { NamedMatch, StringMatch } from '../model/string-match.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'

/**
 * Reads a StringMatch. An empty one, and the regular expression `*`, mean that there must be a value.
 *
 * @param value - The match; null counts as empty.
 */
export function readStringMatch(value: YamlValue): StringMatch {
  const match = readFields(value, (fields) => {
    const exact = fields.string('exact')
    const prefix = fields.string('prefix')
    const regex = fields.string('regex')
    if ([exact, prefix, regex].filter((choice) => choice !== undefined).length > 1) {
      value.fail('only one of exact, prefix and regex can be given')
    }
    if (exact !== undefined) return { kind: 'exact', value: exact } as const
    if (prefix !== undefined) return { kind: 'prefix', value: prefix } as const
    if (regex === undefined || regex === '*') return { kind: 'present' } as const
    const pattern = fields.get('regex')
    if (pattern !== undefined) checkRegex(pattern, regex)
    return { kind: 'regex', value: regex } as const
  })
  return match ?? { kind: 'present' }
}

/**
 * Reads a map of names to matches, in the order of the names, as Istio sends them.
 *
 * @param fields - The fields around it.
 * @param name - The field that holds the map.
 * @param check - Looks at each name and may refuse it.
 */
export function readNamedMatches(
  fields: YamlFields,
  name: string,
  check?: (key: string, value: YamlValue) => void,
): readonly NamedMatch[] {
  const matches = (fields.get(name)?.entries() ?? []).map(([key, value]) => {
    check?.(key, value)
    return { name: key, match: readStringMatch(value) }
  })
  return matches.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Reports a pattern that is not valid RE2, which is what the data plane runs. */
export function checkRegex(value: YamlValue, pattern: string): void {
  try {
    new SafeRegex(pattern)
  } catch (cause) {
    value.fail(cause instanceof Error ? cause.message : String(cause), cause)
  }
}
