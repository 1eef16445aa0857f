import { RegexSubstitution } from '@inmesh/core'
import type { RegexMatchAndSubstitute } from '@inmesh/xds-proto'
import type { FieldScope } from './field-scope.js'
import { translateRegex } from './safe-regex.js'

/**
 * @param scope - Where the message stands.
 * @param message - An expression and what takes the place of its matches.
 * @returns the two made ready; undefined for an expression that is empty or not RE2, or a substitution that is none of RE2's, which is reported.
 */
export function translateSubstitution(
  scope: FieldScope,
  message: RegexMatchAndSubstitute,
): RegexSubstitution | undefined {
  const regex = translateRegex(scope.at('pattern'), message.pattern)
  if (regex === undefined) return undefined
  try {
    return new RegexSubstitution(regex.pattern, message.substitution)
  } catch (error) {
    scope.at('substitution').malformed(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
