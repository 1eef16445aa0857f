import type { ConfigWarning } from '../read/problems.js'
import type { DestinationRule } from './destination-rule.js'
import type { ServiceEntry } from './service-entry.js'
import type { VirtualService } from './virtual-service.js'
import type { WorkloadEntry } from './workload-entry.js'
import type { XdsDocument } from './xds-document.js'

/** One thing that a configuration directory declares, for lists of what changed. */
export interface DeclaredResource {
  /** Kind, or the last part of an xDS type URL. */
  readonly kind: string
  /** `namespace/name`, or the name of an xDS resource. */
  readonly name: string
  /** Path of the file. */
  readonly file: string
  /** Its content as read: two equal texts declare the same. */
  readonly content: string
}

/** Everything that a configuration directory declares, checked as a whole. Never changes; a new reading makes a new one. */
export interface MeshConfig {
  /**
   * ServiceEntries.
   *
   * @internal
   */
  readonly serviceEntries: readonly ServiceEntry[]
  /**
   * WorkloadEntries.
   *
   * @internal
   */
  readonly workloadEntries: readonly WorkloadEntry[]
  /**
   * VirtualServices.
   *
   * @internal
   */
  readonly virtualServices: readonly VirtualService[]
  /**
   * DestinationRules.
   *
   * @internal
   */
  readonly destinationRules: readonly DestinationRule[]
  /**
   * xDS resources written directly.
   *
   * @internal
   */
  readonly xdsDocuments: readonly XdsDocument[]
  /** What is valid but not carried out. */
  readonly warnings: readonly ConfigWarning[]
  /** All of the above, named. */
  readonly declared: readonly DeclaredResource[]
}

/** A configuration that declares nothing. */
export const emptyMeshConfig: MeshConfig = {
  serviceEntries: [],
  workloadEntries: [],
  virtualServices: [],
  destinationRules: [],
  xdsDocuments: [],
  warnings: [],
  declared: [],
}
