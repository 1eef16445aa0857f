import { isMainThread } from 'node:worker_threads'
import { MeshError } from '@inmesh/core'
import { openMeshAtOnce } from '../create-mesh.js'
import type { Environment } from '../options/environment.js'
import { OPTION_TABLE } from '../options/option-table.js'
import { resolveRegistration } from '../options/register-options.js'
import { putRegisteredMesh, registeredMesh } from './registered-mesh.js'

/**
 * Makes a mesh from the environment and takes the clients and servers of the process into it. The mesh is there at once: what is called or
 * served before its configuration is open waits for that. A mistake in the configuration ends the process.
 *
 * @param environment - Variables to look in.
 */
export function registerProcess(environment: Environment): void {
  // Named twice, or inherited by a worker thread as part of its options.
  if (registeredMesh() !== undefined) return
  try {
    const registration = resolveRegistration(environment)
    if (!isMainThread && registration.workerThreads !== true) return
    const { mesh, opened } = openMeshAtOnce({}, environment)
    putRegisteredMesh(mesh)
    const { inboundPorts: ports, exemptPaths: exempt } = registration
    mesh.installGlobal({ nodeHttp: true, servers: { ...(ports && { ports }), ...(exempt && { exempt }) } })
    opened.catch(environment[OPTION_TABLE.mode.variable] === 'off' ? complain : refuse)
  } catch (error) {
    refuse(error)
  }
}

/** Whatever the application would do now, it would do without the mesh that it was to have. */
function refuse(error: unknown): never {
  complain(error)
  process.exit(1)
}

function complain(error: unknown): void {
  const text = error instanceof MeshError ? `${error.code}: ${error.message}` : (error as Error).stack
  process.stderr.write(`inmesh/register: ${text}\n`)
}
