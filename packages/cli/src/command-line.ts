import { createRequire } from 'node:module'
import { MeshError } from '@inmesh/core'
import { type Command, exitCodes, UsageError } from './command.js'
import { bootstrapCommand } from './commands/bootstrap.js'
import { checkCommand } from './commands/check.js'
import { devCommand } from './commands/dev.js'
import type { Terminal } from './terminal.js'

/** The commands by name, in the order in which the help lists them. */
const commands: Readonly<Record<string, Command>> = {
  dev: devCommand,
  check: checkCommand,
  bootstrap: bootstrapCommand,
}

/**
 * Runs the `inmesh` program.
 *
 * @param args - The arguments behind the program's name.
 * @param terminal - What it speaks through.
 * @returns the exit code: 0 when all went well, 1 when what was asked for could not be done, 2 when the command line is wrong.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version') {
    terminal.out(version())
    return exitCodes.ok
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    for (const line of help()) (name === undefined ? terminal.err : terminal.out)(line)
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    terminal.err(`inmesh: there is no command ${name}; these are: ${Object.keys(commands).join(', ')}`)
    return exitCodes.usage
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(command.usage)
    return exitCodes.ok
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    return report(error, name, command, terminal)
  }
}

function report(error: unknown, name: string, command: Command, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.err(`inmesh ${name}: ${error.message}`)
    terminal.err(command.usage)
    return exitCodes.usage
  }
  if (!(error instanceof MeshError)) throw error
  terminal.err(`inmesh ${name}: ${error.code}: ${error.message}`)
  return exitCodes.failed
}

function help(): readonly string[] {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  return [
    'usage: inmesh <command> [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'inmesh <command> --help tells more; inmesh --version tells the version.',
  ]
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string }
  return manifest.version
}
