import { type Commands, performed, say, serveRequests } from '../../support/commands.js'
import type { JsonLine } from '../../support/test-process.js'

/** What can be asked of a part; `end` ends it. */
export type PartCommands = Commands & { readonly end: () => unknown }

/** Tells the test something about a part. */
export type PartSay = (line: JsonLine) => void

/**
 * Serves parts, each made when a test asks for it and of use to that test only (see part.ts).
 *
 * @param make - Makes a part. What it says bears the part's number.
 */
export function serveParts<Parameters>(
  make: (parameters: Parameters, say: PartSay) => Promise<PartCommands> | PartCommands,
): void {
  const parts = new Map<unknown, PartCommands>()
  const perform = async (command: string, { part, ...request }: JsonLine): Promise<unknown> => {
    if (command === 'start') {
      parts.set(part, await make(request.parameters as Parameters, (line) => say({ ...line, part })))
      return null
    }
    const commands = parts.get(part)
    if (commands === undefined) throw new Error(`there is no part ${part}`)
    if (command === 'end') parts.delete(part)
    return await performed(commands, command, request)
  }
  serveRequests(perform, () => process.exit())
  say({ event: 'serving' })
}
