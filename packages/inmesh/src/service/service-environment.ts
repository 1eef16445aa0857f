import type { Clock } from '@inmesh/core'
import type { MeshFetch } from '@inmesh/http'
import type { BreakerOutcomes } from './breaker-outcome.js'

/** What the services of a mesh have from it. */
export interface ServiceEnvironment {
  /** The mesh's. */
  readonly fetch: MeshFetch
  readonly clock: Clock
  /** Whether answers of the mesh itself are errors. */
  readonly throwsReplies: boolean
  /** Whether breakers do anything; they do not in a mesh that is switched off. */
  readonly breaks: boolean
  readonly outcomes: BreakerOutcomes
  /** What ends with the mesh. */
  readonly guards: Set<{ close(): void }>
}
