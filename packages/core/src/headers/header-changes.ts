import type { FormatContext } from '../format/format-context.js'
import type { HeaderAddition, HeaderLevel, HeaderOperations } from '../model/header-operations.js'
import type { HeaderEditor } from './header-editor.js'

/**
 * Header changes of all levels that concern a request, in the order in which they are made. A level's values are all made out before any of
 * them is set, and overwriting goes before adding (Envoy, HeaderParser::evaluateHeaders).
 */
export class HeaderChanges {
  readonly #levels: readonly HeaderOperations[]

  private constructor(levels: readonly HeaderOperations[]) {
    this.#levels = levels
  }

  /**
   * @param levels - Levels in the order in which they are made; those behind win.
   * @param side - Whose headers are changed.
   * @returns undefined when no level changes any.
   */
  static compile(levels: readonly HeaderLevel[], side: keyof HeaderLevel): HeaderChanges | undefined {
    const changing = levels.flatMap((level) => level[side] ?? [])
    return changing.length === 0 ? undefined : new HeaderChanges(changing)
  }

  /**
   * Makes the changes of all levels, in order.
   *
   * @param headers - The headers.
   * @param context - The request, for values with commands.
   */
  apply(headers: HeaderEditor, context: FormatContext): void {
    for (const { remove, add } of this.#levels) {
      for (const name of remove) headers.remove(name)
      if (add.length === 1) addHeader(headers, add[0]!, add[0]!.value.write(context))
      else if (add.length > 1) addAll(headers, add, context)
    }
  }
}

/**
 * Makes one addition.
 *
 * @param headers - The headers.
 * @param addition - What is added.
 * @param value - Its value, made out.
 */
export function addHeader(headers: HeaderEditor, { name, action, keepEmpty }: HeaderAddition, value: string): void {
  if (value === '' && !keepEmpty) return
  switch (action) {
    case 'append':
      headers.add(name, value)
      break
    case 'add-if-absent':
      if (headers.get(name) === undefined) headers.add(name, value)
      break
    case 'overwrite':
      headers.set(name, value)
      break
    case 'overwrite-if-present':
      if (headers.get(name) !== undefined) headers.set(name, value)
      break
  }
}

function addAll(headers: HeaderEditor, additions: readonly HeaderAddition[], context: FormatContext): void {
  const adding: string[] = []
  const overwriting: string[] = []
  for (const { name, value, action, keepEmpty } of additions) {
    const text = value.write(context)
    if (text === '' && !keepEmpty) continue
    const present = (action === 'add-if-absent' || action === 'overwrite-if-present') && headers.get(name) !== undefined
    if (action === 'overwrite' || (action === 'overwrite-if-present' && present)) overwriting.push(name, text)
    else if (action === 'append' || (action === 'add-if-absent' && !present)) adding.push(name, text)
  }
  for (let index = 0; index < overwriting.length; index += 2) headers.set(overwriting[index]!, overwriting[index + 1]!)
  for (let index = 0; index < adding.length; index += 2) headers.add(adding[index]!, adding[index + 1]!)
}
