import type { ErrorPlace } from '@inmesh/core'

/** The Istio kinds that are read. */
export type IstioKind = 'ServiceEntry' | 'WorkloadEntry' | 'VirtualService' | 'DestinationRule'

/** What every Istio kind has: who it is and where it was written. */
export interface ResourceIdentity {
  /** Kind. */
  readonly kind: IstioKind
  /** `metadata.name`. */
  readonly name: string
  /** `metadata.namespace`. Default `default`. */
  readonly namespace: string
  /** `metadata.labels`. */
  readonly labels: Readonly<Record<string, string>>
  /** Where the document begins. */
  readonly place: ErrorPlace
}

/** Which namespaces see a resource: all of them, or those named (`.` resolved to the resource's own). */
export type Visibility = 'all' | readonly string[]

/**
 * @param visibility - Who sees a resource.
 * @param namespace - The namespace that looks.
 * @returns whether it is seen.
 */
export function isVisible(visibility: Visibility, namespace: string): boolean {
  return visibility === 'all' || visibility.includes(namespace)
}
