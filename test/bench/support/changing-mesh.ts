import type { Dispatcher } from 'undici'
import { BenchMesh } from './bench-mesh.js'
import { changedTarget } from './changes.js'

/** A mesh whose configuration the benchmark of updates changes. */
export interface ChangingMesh {
  /** Carries the load. */
  readonly dispatcher: Dispatcher
  /**
   * Publishes the configuration of a step; each differs from the one before.
   *
   * @param step - From 0.
   */
  publish(step: number): Promise<void>
  /** Closes everything. */
  close(): Promise<void>
}

/**
 * The data plane alone, told of each step directly.
 *
 * @param ports - Ports of the service.
 */
export function directMesh(ports: readonly number[]): Promise<ChangingMesh> {
  const mesh = new BenchMesh()
  return Promise.resolve({
    dispatcher: mesh.dispatcher,
    publish: (step) => {
      mesh.source.set(changedTarget(ports, step))
      return Promise.resolve()
    },
    close: () => mesh.close(),
  })
}
