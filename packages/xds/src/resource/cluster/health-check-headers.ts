import type { HeaderValueOption } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'

/**
 * Translates headers of health checks. There is no request that substitutions could be made from, so that a header with one is left out.
 *
 * @param scope - The message that has the headers.
 * @param field - Their field.
 * @param options - The headers.
 * @returns names, in lower case, and values.
 */
export function translateCheckHeaders(
  scope: FieldScope,
  field: string,
  options: readonly HeaderValueOption[],
): readonly (readonly [string, string])[] {
  const headers: [string, string][] = []
  for (const [index, { header }] of options.entries()) {
    const value = header?.value ?? ''
    if (header === undefined || value === '') continue
    if (value.replaceAll('%%', '').includes('%')) {
      scope.at(field, index).unsupported('substitutions are not made in health checks; the header is left out')
    } else {
      headers.push([header.key.toLowerCase(), value.replaceAll('%%', '%')])
    }
  }
  return headers
}
