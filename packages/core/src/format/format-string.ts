import { type CommandError, type FormatCommand, formatCommand } from './format-command.js'
import type { FormatContext } from './format-context.js'

/** `%NAME%`, `%NAME(argument)%`, `%NAME(argument):length%`. */
const COMMAND = /%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::([0-9]+))?%/y

/** How a text is written. */
export interface WriteOptions {
  /** What stands for a command that stands for nothing. */
  readonly missing: string
  /** What `LOCAL_REPLY_BODY` stands for. */
  readonly body?: string
}

const NOTHING_MISSING: WriteOptions = Object.freeze({ missing: '' })

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

  /** Whether it is one command and nothing else. */
  get isCommand(): boolean {
    return this.#parts.length === 1 && typeof this.#parts[0] !== 'string'
  }

  /**
   * What its only command stands for.
   *
   * @param context - The request.
   * @param body - What `LOCAL_REPLY_BODY` stands for.
   * @returns undefined when it stands for nothing, or is not the only part.
   */
  command(context: FormatContext, body: string): string | undefined {
    const [part] = this.#parts
    return this.#parts.length === 1 && typeof part === 'function' ? part(context, body) : undefined
  }

  /**
   * @param context - The request.
   * @param options - What stands for a command that stands for nothing, and the body of an answer. Default: nothing, and none.
   * @returns the text.
   */
  write(context: FormatContext, { missing, body }: WriteOptions = NOTHING_MISSING): string {
    let text = ''
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index]!
      text += typeof part === 'string' ? part : (part(context, body) ?? missing)
    }
    return text
  }
}
