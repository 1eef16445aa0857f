import { stripVTControlCharacters } from 'node:util'

const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_BELOW = '\x1b[0J'
const up = (lines: number): string => (lines === 0 ? '' : `\x1b[${lines}A`)

/** What the screen needs of a stream; process.stdout has it. */
export interface ScreenStream {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean
  /** Width of the terminal in characters; 0 where it is not known. */
  readonly columns?: number
  write(text: string): unknown
}

/**
 * Lines that stay, and below them, on a terminal, a block that is drawn anew whenever it changes. Where the output goes to a file or
 * a pipe, there is no block.
 */
export class Screen {
  readonly live: boolean
  readonly #stream: ScreenStream
  #block: readonly string[] = []

  constructor(stream: ScreenStream) {
    this.#stream = stream
    this.live = stream.isTTY === true
    if (this.live) this.#stream.write(HIDE_CURSOR)
  }

  /** Prints text that stays. */
  print(text = ''): void {
    this.#stream.write(`${this.#erased()}${text}\n${this.#drawn()}`)
  }

  /** Shows lines in place of those shown before. */
  show(lines: readonly string[]): void {
    if (!this.live) return
    const erased = this.#erased()
    this.#block = lines.map((line) => this.#cut(line))
    this.#stream.write(erased + this.#drawn())
  }

  /** Takes the block away and gives the cursor back. */
  close(): void {
    this.show([])
    if (this.live) this.#stream.write(SHOW_CURSOR)
  }

  #erased(): string {
    return this.#block.length === 0 ? '' : `\r${up(this.#block.length)}${CLEAR_BELOW}`
  }

  #drawn(): string {
    return this.#block.map((line) => `${line}\n`).join('')
  }

  // A line that wraps would count as two, and the next drawing would begin too low.
  #cut(line: string): string {
    const columns = this.#stream.columns || 80
    const text = stripVTControlCharacters(line)
    return text.length < columns ? line : text.slice(0, columns - 1)
  }
}
