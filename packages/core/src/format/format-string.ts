import { type CommandError, type FormatCommand, formatCommand } from './format-command.js'
import type { FormatContext } from './format-context.js'

/** `%NAME%`, `%NAME(argument)%`, `%NAME(argument):length%`. */
const COMMAND = /%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::([0-9]+))?%/y

/** A text with commands that stand for parts of a request (Envoy, "Command operators"), made ready once. */
export class FormatString {
  /** As configured. */
  readonly text: string
  readonly #parts: readonly (string | FormatCommand)[]

  private constructor(text: string, parts: readonly (string | FormatCommand)[]) {
    this.text = text
    this.#parts = parts
  }

  /**
   * @param text - Text with commands; `%%` stands for a percent sign.
   * @returns the format, or why there is none.
   */
  static parse(text: string): FormatString | CommandError {
    const parts: (string | FormatCommand)[] = []
    let literal = ''
    for (let index = 0; index < text.length; ) {
      if (text[index] !== '%') {
        literal += text[index++]
      } else if (text[index + 1] === '%') {
        literal += '%'
        index += 2
      } else {
        COMMAND.lastIndex = index
        const match = COMMAND.exec(text)
        if (match === null) return { kind: 'malformed', reason: `no command begins at the percent sign ${index + 1}` }
        const command = formatCommand(match[1]!, match[2], match[3] === undefined ? undefined : Number(match[3]))
        if (typeof command !== 'function') return command
        if (literal !== '') parts.push(literal)
        literal = ''
        parts.push(command)
        index += match[0].length
      }
    }
    if (literal !== '') parts.push(literal)
    return new FormatString(text, parts)
  }

  /**
   * @param context - The request.
   * @returns the text; a command that stands for nothing leaves nothing.
   */
  write(context: FormatContext): string {
    let text = ''
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index]!
      text += typeof part === 'string' ? part : (part(context) ?? '')
    }
    return text
  }
}
