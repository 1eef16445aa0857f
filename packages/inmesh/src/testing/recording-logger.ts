import type { Logger } from '@inmesh/core'

/** Keeps what it is told, one `level: message` each. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = []

  debug(message: string): void {
    this.lines.push(`debug: ${message}`)
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`)
  }

  warn(message: string): void {
    this.lines.push(`warn: ${message}`)
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`)
  }
}
