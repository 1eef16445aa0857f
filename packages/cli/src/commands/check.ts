import { parseArgs } from 'node:util'
import { readMeshDirectory } from '@inmesh/istio'
import { type Command, exitCodes, parseCommand } from '../command.js'

/** `inmesh check`: reads a directory and tells what is wrong with it. */
export const checkCommand: Command = {
  summary: 'reads a directory and tells what is wrong with it',
  usage: `usage: inmesh check <directory>

Tells every error with file, line and field, and what is valid but not carried out. The exit code is 1 when there are errors.`,

  async run(args, terminal) {
    const { positionals } = parseCommand(() => parseArgs({ args: [...args], allowPositionals: true }), ['directory'])
    const [directory = ''] = positionals
    const result = await readMeshDirectory(directory)
    if (result.kind === 'refused') {
      for (const { message } of result.errors) terminal.err(message)
      terminal.err(`${directory}: ${count(result.errors.length, 'error')}`)
      return exitCodes.failed
    }
    const { declared, warnings } = result.config
    for (const { message } of warnings) terminal.err(`warning: ${message}`)
    const files = new Set(declared.map(({ file }) => file))
    terminal.out(
      `${directory}: ${count(declared.length, 'resource')} in ${count(files.size, 'file')}, ${count(warnings.length, 'warning')}`,
    )
    return exitCodes.ok
  },
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
