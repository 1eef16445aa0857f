import type { Mesh } from '../mesh.js'

/** Where the mesh of `inmesh/register` is found by whatever copy of this package the application has. Nothing else touches it. */
const PLACE = Symbol.for('inmesh.registered')

type Place = { [PLACE]?: Mesh }

/**
 * The mesh that `node --import inmesh/register` made for this process.
 *
 * @returns undefined where there is none: in a process that was started without it, and in its worker threads.
 */
export function registeredMesh(): Mesh | undefined {
  return (globalThis as Place)[PLACE]
}

/**
 * Makes a mesh the one of the process.
 *
 * @param mesh - The mesh.
 */
export function putRegisteredMesh(mesh: Mesh): void {
  Object.defineProperty(globalThis, PLACE, { value: mesh, enumerable: false, configurable: true })
}
