// Opens and closes meshes one after the other, each with a server and a call of its own: every other one with a control plane, every third one
// with HTTP/2, some as the global dispatcher. The memory is measured after a fifth of them and in the end. Has to end by itself.
import { createMesh } from 'inmesh'
import { say } from '../../support/commands.js'
import { countTimers, heapMegabytes, longTimers } from './memory.js'

const [, , count, directory, controlPlane] = process.argv

async function open(number: number): Promise<void> {
  const origin = number % 2 === 0 ? { config: directory! } : { controlPlane: controlPlane! }
  await using mesh = await createMesh({
    ...origin,
    namespace: 'shop',
    service: 'reviews',
    drainDelayMs: 0,
    logLevel: 'warn',
  })
  await mesh.ready()
  const http2 = number % 3 === 0
  await mesh.listen((_request, response) => response.end('own'), { host: '127.0.0.1', port: 0, http2 })
  const uninstall = number % 5 === 0 ? mesh.installGlobal() : undefined
  let status = 0
  while (status !== 200) {
    // On a busy machine the control plane may take longer to know of the server than a host may be unknown.
    status = await (uninstall === undefined
      ? statusOf(mesh.fetch('http://reviews/'))
      : statusOf(fetch('http://reviews/')))
  }
}

/** Status of an answer that was read; 0 where there is none. */
async function statusOf(answer: Promise<{ readonly status: number; text(): Promise<string> }>): Promise<number> {
  try {
    const response = await answer
    await response.text()
    return response.status
  } catch {
    return 0
  }
}

const fifth = Math.ceil(Number(count) / 5)
countTimers()
for (let number = 0; number < fifth; number += 1) await open(number)
const early = await heapMegabytes()
for (let number = fifth; number < Number(count); number += 1) await open(number)
const late = await heapMegabytes()
say({ event: 'done', early, late, longTimers: longTimers(), resources: process.getActiveResourcesInfo() })
