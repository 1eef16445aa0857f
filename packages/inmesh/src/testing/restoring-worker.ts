import { parentPort, workerData } from 'node:worker_threads'
import type { CapturedContext } from '../context/captured-context.js'
import { openMesh } from '../create-mesh.js'

/** A thread of its own with a mesh of its own: makes one call for the request whose context it is sent, and tells what was answered. */
const mesh = await openMesh({ config: workerData as string, namespace: 'shop', logLevel: 'silent' }, {})
await mesh.ready()
parentPort!.once('message', async (captured: CapturedContext) => {
  const response = await mesh.context.restore(captured, () => mesh.fetch('http://reviews/'))
  parentPort!.postMessage(await response.json())
  await mesh.close()
})
