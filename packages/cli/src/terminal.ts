/** What a command speaks through. */
export interface Terminal {
  /** Writes a line of output. */
  out(line: string): void
  /** Writes a line for the person who looks on: errors and warnings. */
  err(line: string): void
  /** Resolves when the command is to end: SIGINT or SIGTERM. */
  interrupted(): Promise<void>
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    // A second signal finds no listener and ends the process at once.
    interrupted: () =>
      new Promise((resolve) => {
        const stop = () => {
          process.off('SIGINT', stop)
          process.off('SIGTERM', stop)
          resolve()
        }
        process.on('SIGINT', stop)
        process.on('SIGTERM', stop)
      }),
  }
}
