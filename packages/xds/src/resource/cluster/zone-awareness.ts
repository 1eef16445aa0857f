import { DEFAULT_ZONE_AWARENESS, type ZoneAwareness } from '@inmesh/core'
import {
  type Cluster_CommonLbConfig_ZoneAwareLbConfig,
  type LocalityLbConfig_ZoneAwareLbConfig,
  LocalityLbConfig_ZoneAwareLbConfig_LocalityBasis,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translatePercent } from './percent.js'

/** In either of two forms: that of clusters lacks what was added to that of policies. */
export type ZoneAwareConfig = Cluster_CommonLbConfig_ZoneAwareLbConfig & Partial<LocalityLbConfig_ZoneAwareLbConfig>

const { HEALTHY_HOSTS_WEIGHT } = LocalityLbConfig_ZoneAwareLbConfig_LocalityBasis

const FIELDS = new FieldTreatments<LocalityLbConfig_ZoneAwareLbConfig>({
  routingEnabled: CARRIED,
  minClusterSize: CARRIED,
  failTrafficOnPanic: CARRIED,
  forceLocalZone: CARRIED,
  forceLocalityDirectRouting: CARRIED,
  localityBasis: (basis) =>
    basis === HEALTHY_HOSTS_WEIGHT ? CARRIED : leftOut('shares of localities are those of healthy endpoints'),
})

/** How many endpoints it takes where nothing is said of that. */
const DEFAULT_FORCE_LOCAL_MIN_SIZE = 1

/**
 * Translates how requests are kept in the own zone.
 *
 * @param scope - The message.
 * @param config - The message.
 * @param refusals - Refusals of the cluster. gRPC does not read it.
 */
export function translateZoneAwareness(
  scope: FieldScope,
  config: ZoneAwareConfig,
  refusals: ViewReasons,
): ZoneAwareness {
  FIELDS.apply(scope, config as LocalityLbConfig_ZoneAwareLbConfig, refusals)
  const { routingEnabled, minClusterSize } = config
  const percent = routingEnabled && translatePercent(scope.at('routing_enabled'), routingEnabled, refusals)
  const forceLocalMinSize = forceLocalMinSizeOf(config)
  return {
    routingPercent: Math.round(percent ?? DEFAULT_ZONE_AWARENESS.routingPercent),
    minClusterSize: Number(minClusterSize ?? DEFAULT_ZONE_AWARENESS.minClusterSize),
    ...(forceLocalMinSize !== undefined && { forceLocalMinSize }),
    basis: config.localityBasis === HEALTHY_HOSTS_WEIGHT ? 'weight' : 'count',
  }
}

/** The newer of two fields that say so counts. */
function forceLocalMinSizeOf({ forceLocalZone, forceLocalityDirectRouting }: ZoneAwareConfig): number | undefined {
  if (forceLocalZone !== undefined) return forceLocalZone.minSize ?? DEFAULT_FORCE_LOCAL_MIN_SIZE
  return forceLocalityDirectRouting ? DEFAULT_FORCE_LOCAL_MIN_SIZE : undefined
}
