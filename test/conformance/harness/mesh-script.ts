// A process with a mesh that a test drives by commands. The first argument holds the mesh's options as JSON.
import type { Logger } from '@inmesh/core'
import { createMesh, type MeshOptions, type ResourceRecord } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'
import type { CallParameters, CallResult, MeshParameters, SeenRecord } from './mesh-process.js'
import { SpedUpClock } from './sped-up-clock.js'

const { clockFactor, ...options } = JSON.parse(process.argv[2]!) as MeshParameters
const log = (level: keyof Logger) => (message: string) => say({ event: 'log', level, message })
const mesh = await createMesh({
  ...(options as MeshOptions),
  logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  ...(clockFactor !== undefined && { clock: new SpedUpClock(clockFactor) }),
})

async function call({ url, method, headers, body, mesh: limits, redirect }: CallParameters): Promise<CallResult> {
  try {
    const response = await mesh.fetch(url, {
      method: method ?? 'GET',
      headers: headers ?? {},
      redirect: redirect ?? 'manual',
      ...(body !== undefined && { body }),
      ...(limits !== undefined && { mesh: limits }),
    })
    const text = await response.text()
    const answered = response.headers.get('x-upstream')
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: text,
      server: answered,
      error: null,
    }
  } catch (error) {
    const cause = (error as Error).cause ?? error
    const { code, message } = cause as { code?: string; message: string }
    return { status: 0, headers: {}, body: '', server: null, error: { code: code ?? null, message } }
  }
}

async function calls({ call: parameters, count, callers }: { call: CallParameters; count: number; callers: number }) {
  const tally: Record<string, number> = {}
  let left = count
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const { server, status, error } = await call(parameters)
      const key = error?.code ?? server ?? String(status)
      tally[key] = (tally[key] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return tally
}

function withoutBytes({ typeUrl, name, status, version, bytes, fault }: ResourceRecord): SeenRecord {
  return {
    type: typeUrl.slice(typeUrl.lastIndexOf('.') + 1),
    name,
    status,
    version,
    hasBytes: bytes !== undefined,
    fault: fault === undefined ? null : { details: fault.details, version: fault.version },
  }
}

serveCommands(
  {
    call: (parameters: CallParameters) => call(parameters),
    calls,
    unsupported: () => mesh.unsupported(),
    clientStatus: () => mesh.clientStatus().flatMap(({ resources }) => resources.map(withoutBytes)),
    close: () => mesh.close(),
  },
  () => process.exit(),
)
say({ event: 'started' })
