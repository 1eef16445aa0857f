import type { Logger } from '@inmesh/core'

/** How much a mesh tells on standard error: nothing, or everything down to the level named. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** Levels from the least to the most talkative. */
export const LOG_LEVELS: readonly LogLevel[] = Object.freeze(['silent', 'error', 'warn', 'info', 'debug'])

/** Writes a line per message to standard error, which belongs to nobody's output. */
export class StderrLogger implements Logger {
  readonly #depth: number

  /**
   * @param level - What to write.
   */
  constructor(level: LogLevel) {
    this.#depth = LOG_LEVELS.indexOf(level)
  }

  error(message: string): void {
    this.#write('error', message)
  }

  warn(message: string): void {
    this.#write('warn', message)
  }

  info(message: string): void {
    this.#write('info', message)
  }

  debug(message: string): void {
    this.#write('debug', message)
  }

  #write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) <= this.#depth) process.stderr.write(`inmesh ${level}: ${message}\n`)
  }
}
