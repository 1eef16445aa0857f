// A process with a mesh that a test drives. The mesh is configured by the environment alone. Once the test has no more commands, nothing is
// closed: the process has to end by itself.
import { createMesh } from 'inmesh'
import { say, serveCommands } from './commands.js'
import { Load } from './load.js'
import type { Answer, CallParameters, LoadParameters } from './mesh-client.js'

const mesh = await createMesh()
const loads: Load[] = []

async function call({ url, method = 'GET', headers = {} }: CallParameters): Promise<Answer> {
  const response = await mesh.fetch(url, { method, headers, ...(method === 'POST' && { body: 'one' }) })
  const body = await response.text()
  // What the mesh answers itself is no JSON, and no server's.
  const isAnswer = response.headers.get('content-type')?.startsWith('application/json') ?? false
  const server = isAnswer ? (JSON.parse(body) as { server: string }).server : `the mesh: ${body}`
  return { status: response.status, server, body }
}

serveCommands({
  call,
  startLoad: (parameters: LoadParameters) =>
    loads.push(new Load(() => call(parameters), parameters.callers, parameters.calls)) - 1,
  moreCalls: ({ load, count }: { load: number; count: number }) => loads[load]?.more(count),
  finishLoad: ({ load }: { load: number }) => loads[load]?.finished(),
  endLoad: ({ load }: { load: number }) => loads[load]?.end(),
})
say({ event: 'started' })
