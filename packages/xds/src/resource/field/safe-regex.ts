import { SafeRegex } from '@inmesh/core'
import type { RegexMatcher } from '@inmesh/xds-proto'
import type { FieldScope } from './field-scope.js'

/**
 * @param scope - Where the expression stands.
 * @param matcher - The expression.
 * @returns the compiled expression; undefined for one that is empty or not RE2, which is reported.
 */
export function translateRegex(scope: FieldScope, matcher: RegexMatcher | undefined): SafeRegex | undefined {
  const pattern = matcher?.regex ?? ''
  if (pattern === '') {
    scope.at('regex').malformed('the expression is missing')
    return undefined
  }
  try {
    return new SafeRegex(pattern)
  } catch (error) {
    scope.at('regex').malformed(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
