import type { FieldScope } from './field-scope.js'

/** Characters that would end a header, or the connection's trust in it (Envoy, HTTP_HEADER_VALUE with `strict: false`). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const FORBIDDEN = /[\u0000\n\r]/

/**
 * Checks a text that becomes a header's value or a part of it.
 *
 * @param scope - Where the text stands.
 * @param text - The text.
 * @returns whether it can be sent; if not, that is reported.
 */
export function checkHeaderText(scope: FieldScope, text: string): boolean {
  if (!FORBIDDEN.test(text)) return true
  scope.malformed('must not have line breaks or NUL')
  return false
}
