import { FormatString } from '@inmesh/core'
import type { FieldScope } from './field-scope.js'
import type { ViewReasons } from './view-reasons.js'

/**
 * Translates a text with commands. One that Envoy does not know either makes the resource malformed, as in Envoy; one that only this version
 * does not know, or that would tell of the process's environment, refuses HTTP calls.
 *
 * @param scope - Where the text stands.
 * @param text - The text.
 * @param refusals - Refusals of the part that the text is for.
 * @returns undefined when there is no format, which is reported.
 */
export function translateFormat(scope: FieldScope, text: string, refusals: ViewReasons): FormatString | undefined {
  const format = FormatString.parse(text)
  if (format instanceof FormatString) return format
  if (format.kind === 'malformed') scope.malformed(format.reason)
  else refusals.add(scope, format.reason, ['http'])
  return undefined
}
