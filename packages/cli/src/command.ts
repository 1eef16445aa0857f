import type { Terminal } from './terminal.js'

/** Exit codes of every command. */
export const exitCodes = {
  /** All went well. */
  ok: 0,
  /** What was asked for could not be done. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
} as const

/** A command of the `inmesh` program. */
export interface Command {
  /** What it does, in one line. */
  readonly summary: string
  /** How it is called and what its options mean. */
  readonly usage: string
  /**
   * @param args - The arguments behind its name.
   * @param terminal - What it speaks through.
   * @returns the exit code.
   * @throws UsageError when the arguments are wrong; MeshError when what was asked for cannot be done.
   */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

/** A mistake in the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Reads arguments; a mistake in them is a {@link UsageError}.
 *
 * @param parse - Parses them with `node:util`.
 * @param names - Names of the arguments that are not options; all must be there, and no others.
 */
export function parseCommand<T extends { readonly positionals: readonly string[] }>(
  parse: () => T,
  names: readonly string[] = [],
): T {
  const parsed = parseOrRefuse(parse)
  const missing = names[parsed.positionals.length]
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing`)
  const extra = parsed.positionals[names.length]
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}`)
  return parsed
}

/**
 * @param text - The value of an option.
 * @param name - The option, for the message.
 * @param least - The smallest port allowed: 0 where it means any that is free.
 */
export function portOption(text: string, name: string, least: 0 | 1 = 1): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= least && port <= 65_535) return port
  throw new UsageError(`--${name} must be a port from ${least} to 65535, not ${text}`)
}

function parseOrRefuse<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
