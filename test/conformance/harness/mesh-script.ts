// A process with meshes that tests drive by commands.
import type { Logger } from '@inmesh/core'
import { createMesh, type Mesh, type MeshOptions, type ResourceRecord } from 'inmesh'
import { leadToLoopback } from './loopback-names.js'
import type { CallParameters, CallResult, MeshParameters, SeenRecord } from './mesh-process.js'
import { type PartSay, serveParts } from './parts.js'
import { SpedUpClock } from './sped-up-clock.js'

async function call(
  mesh: Mesh,
  { url, method, headers, body, mesh: limits, redirect }: CallParameters,
): Promise<CallResult> {
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

async function calls(
  mesh: Mesh,
  { call: parameters, count, callers }: { call: CallParameters; count: number; callers: number },
) {
  const tally: Record<string, number> = {}
  let left = count
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const { server, status, error } = await call(mesh, parameters)
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

leadToLoopback('.outside.test')
serveParts(async ({ clockFactor, ...options }: MeshParameters, say: PartSay) => {
  const log = (level: keyof Logger) => (message: string) => say({ event: 'log', level, message })
  const mesh = await createMesh({
    ...(options as MeshOptions),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    ...(clockFactor !== undefined && { clock: new SpedUpClock(clockFactor) }),
  })
  return {
    call: (parameters: CallParameters) => call(mesh, parameters),
    calls: (parameters: Parameters<typeof calls>[1]) => calls(mesh, parameters),
    listen: async () => {
      const server = await mesh.listen((request, response) => response.end(request.url), { port: 0, host: '127.0.0.1' })
      return server.boundAddress!.port
    },
    readiness: () => mesh.readiness(),
    unsupported: () => mesh.unsupported(),
    clientStatus: () => mesh.clientStatus().flatMap(({ resources }) => resources.map(withoutBytes)),
    close: () => mesh.close(),
    end: () => mesh.close(),
  }
})
