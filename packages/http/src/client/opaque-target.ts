import type { Target } from '@inmesh/core'
import type { CallTarget } from './call-target.js'

/**
 * A target as those see it whose bytes nobody looks into, `https:` and TCP. Where the control plane knows its port and has no virtual host for it,
 * something else than HTTP is spoken there, as istiod has it for gRPC clients: such connections go their way past the mesh.
 */
export class OpaqueTarget implements CallTarget {
  readonly target: Target

  /**
   * @param target - The target.
   */
  constructor(target: Target) {
    this.target = target
  }

  get name(): string {
    return this.target.name
  }

  get state(): Target['state'] {
    const { state, snapshot } = this.target
    return snapshot?.config.routes.virtualHosts.length === 0 ? 'unknown' : state
  }

  get error(): Target['error'] {
    return this.target.error
  }

  get snapshot(): Target['snapshot'] {
    return this.target.snapshot
  }

  whenSettled(callback: () => void): () => void {
    return this.target.whenSettled(callback)
  }
}
