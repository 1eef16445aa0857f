import { createInterface } from 'node:readline'
import { inspect } from 'node:util'
import type { JsonLine } from './test-process.js'

/** Writes a JSON line for the test. */
export function say(line: JsonLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** What a script does for a test, by the name of the command. Results are JSON. */
export type Commands = Readonly<Record<string, (parameters: never) => unknown>>

/**
 * Serves commands that come as JSON lines on standard input. They run beside one another. The process is held until the input ends.
 *
 * @param commands - What can be asked for.
 * @param onEnd - Called when the test has no more commands, or is gone.
 */
export function serveCommands(commands: Commands, onEnd: () => void = () => {}): void {
  serveRequests((command, parameters) => performed(commands, command, parameters), onEnd)
}

/** The same for a script that finds out itself what a command means. */
export function serveRequests(perform: (command: string, parameters: JsonLine) => unknown, onEnd: () => void): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (text) => {
    const parameters = JSON.parse(text) as { id: number; command: string }
    void answer(perform, parameters)
  })
  lines.on('close', onEnd)
}

/** Does what a command says. */
export function performed(commands: Commands, command: string, parameters: JsonLine): unknown {
  const perform = commands[command]
  if (perform === undefined) throw new Error(`there is no command ${command}`)
  return perform(parameters as never)
}

async function answer(
  perform: (command: string, parameters: JsonLine) => unknown,
  parameters: { id: number; command: string },
): Promise<void> {
  const { id, command } = parameters
  try {
    const result: unknown = await perform(command, parameters)
    say({ id, result: result ?? null })
  } catch (error) {
    say({ id, error: inspect(error) })
  }
}
