// Sends requests through a mesh to a server of the same mesh: the memory is measured after a fifth of them and in the end. Closes the mesh, and
// has to end by itself.
import { createMesh, type Mesh } from 'inmesh'
import { say } from '../../support/commands.js'
import { countTimers, heapMegabytes, longTimers } from './memory.js'
import { writeServices } from './services-directory.js'

const requests = Number(process.argv[2])
const callers = 20
const body = 'x'.repeat(1000)

const directory = process.argv[3]!
countTimers()
const mesh = await createMesh({ config: directory, namespace: 'shop', logLevel: 'warn' })
const server = await mesh.listen(
  (request, response) => {
    if (request.url === '/never') return
    request.resume().on('end', () => response.end(body))
  },
  { host: '127.0.0.1', port: 0, http2: true },
)
await writeServices(directory, server.boundAddress!.port)
await untilKnown(mesh)

/** Mostly reads, and some of everything that leaves by another way: writes, calls that are given up, and such whose time passes. */
async function call(number: number): Promise<void> {
  const origin = number % 2 === 0 ? 'http://reviews' : 'http://ratings'
  if (number % 100 === 50) {
    await mesh.fetch(`${origin}/never`, { signal: AbortSignal.timeout(2) }).catch(() => {})
  } else if (number % 100 === 75) {
    const response = await mesh.fetch(`${origin}/never`, { mesh: { timeoutMs: 2 } })
    await response.text()
  } else {
    const write = number % 10 === 0 ? { method: 'POST', body } : {}
    const response = await mesh.fetch(`${origin}/`, write)
    await response.text()
    if (response.status !== 200) throw new Error(`${response.status}`)
  }
}

async function calls(from: number, to: number): Promise<void> {
  let next = from
  const caller = async () => {
    while (next < to) await call(next++)
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

async function untilKnown(of: Mesh): Promise<void> {
  for (const origin of ['http://reviews/', 'http://ratings/']) {
    let status = 0
    while (status !== 200) {
      status = await of.fetch(origin).then(
        async (response) => {
          await response.text()
          return response.status
        },
        () => 0,
      )
    }
  }
}

const fifth = Math.ceil(requests / 5)
await calls(0, fifth)
const early = await heapMegabytes()
await calls(fifth, requests)
const late = await heapMegabytes()
await mesh.close()
await heapMegabytes()
say({ event: 'done', early, late, longTimers: longTimers(), resources: process.getActiveResourcesInfo() })
