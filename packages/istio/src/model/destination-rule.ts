import type { ErrorPlace } from '@inmesh/core'
import type { ResourceIdentity, Visibility } from './resource-identity.js'
import type { PortedTrafficPolicy } from './traffic-policy.js'

/** A named part of a service's endpoints. */
export interface Subset {
  /** Name. */
  readonly name: string
  /** Labels that its endpoints have. */
  readonly labels: Readonly<Record<string, string>>
  /** What it says differently from the rule. */
  readonly trafficPolicy?: PortedTrafficPolicy
}

/** A DestinationRule: policies and subsets of a service. */
export interface DestinationRule extends ResourceIdentity {
  readonly kind: 'DestinationRule'
  /** Full host name in lower case; it may begin with `*.`. */
  readonly host: string
  /** Where the host was written. */
  readonly hostPlace: ErrorPlace
  /** Policies of the whole service. */
  readonly trafficPolicy?: PortedTrafficPolicy
  /** Subsets in the order written. */
  readonly subsets: readonly Subset[]
  /** Namespaces whose callers it holds for. */
  readonly visibility: Visibility
}
