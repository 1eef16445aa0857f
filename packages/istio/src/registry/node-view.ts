import type { Locality } from '@inmesh/core'

/** Who asks for configuration, as far as that changes the answer. */
export interface NodeView {
  /** Namespace: short host names belong to it, and rules may hold for it only. */
  readonly namespace: string
  /** Labels, which a route's `sourceLabels` match. */
  readonly labels: Readonly<Record<string, string>>
  /** Where it runs; empty strings where not known, and then every locality is equally near. */
  readonly locality: Locality
}
