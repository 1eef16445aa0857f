import { parseArgs } from 'node:util'
import { type ControlPlaneEvent, eventLines, startControlPlane } from '@inmesh/control-plane'
import { type Command, exitCodes, parseCommand, portOption } from '../command.js'
import type { Terminal } from '../terminal.js'

// Where istiod serves without TLS.
const defaultPort = '15010'

/** `inmesh dev`: a control plane for one directory, in the foreground. */
export const devCommand: Command = {
  summary: 'runs a control plane that serves a directory',
  usage: `usage: inmesh dev <directory> [--port N] [--host H] [--json]

  --port N   port to listen on; 0 for any that is free, which is then told. Default ${defaultPort}
  --host H   address to listen on. Default 127.0.0.1: whoever can connect can read the configuration and register workloads
  --json     writes every event as one line of JSON, the first one {"event":"listening","address":…,"port":…,"directory":…}`,

  async run(args, terminal) {
    const options = {
      port: { type: 'string', default: defaultPort },
      host: { type: 'string' },
      json: { type: 'boolean' },
    } as const
    const parse = () => parseArgs({ args: [...args], options, allowPositionals: true })
    const { values, positionals } = parseCommand(parse, ['directory'])
    const [directory = ''] = positionals
    const port = portOption(values.port, 'port', 0)
    const write = values.json === true ? writeJson : writeText
    // Interest in signals comes first: one that arrives while the control plane starts must not end the process half way.
    const interrupted = terminal.interrupted()
    const controlPlane = await startControlPlane({
      directory,
      port,
      ...(values.host === undefined ? {} : { host: values.host }),
      onEvent: (event) => write(event, terminal),
    })
    const { address } = controlPlane
    if (values.json === true) {
      terminal.out(JSON.stringify({ event: 'listening', address, port: controlPlane.port, directory }))
    } else {
      const host = address.includes(':') ? `[${address}]` : address
      terminal.out(`control plane on ${host}:${controlPlane.port}, mesh directory ${directory}`)
    }
    for (const { message } of controlPlane.status().warnings) terminal.err(`warning: ${message}`)
    await interrupted
    await controlPlane.close()
    return exitCodes.ok
  },
}

function writeText(event: ControlPlaneEvent, terminal: Terminal): void {
  // Connections come and go with workloads, which are told.
  if (event.kind === 'stream-opened' || event.kind === 'stream-closed') return
  const isTrouble = event.kind === 'refused' || event.kind === 'nack' || event.kind === 'workload-refused'
  for (const line of eventLines(event)) (isTrouble ? terminal.err : terminal.out)(line)
}

function writeJson({ kind, ...fields }: ControlPlaneEvent, terminal: Terminal): void {
  terminal.out(JSON.stringify({ event: kind, ...fields }, plainErrors))
}

// An error's own fields are its code and place; its message is not among them.
function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message } : value
}
