import type { FormatContext } from '../format/format-context.js'
import { compileStringMatch } from '../matching/string-matcher.js'
import type { HeaderMutation } from '../model/header-mutation-config.js'
import { addHeader } from './header-changes.js'
import type { HeaderEditor } from './header-editor.js'

/**
 * @param mutation - One change.
 * @returns a function that makes it.
 */
export function compileHeaderMutation(
  mutation: HeaderMutation,
): (headers: HeaderEditor, context: FormatContext) => void {
  switch (mutation.kind) {
    case 'add':
      return (headers, context) => addHeader(headers, mutation.addition, mutation.addition.value.write(context))
    case 'remove':
      return (headers) => headers.remove(mutation.name)
    case 'remove-matching': {
      const matches = compileStringMatch(mutation.match)
      return (headers) => headers.removeMatching(matches)
    }
  }
}
