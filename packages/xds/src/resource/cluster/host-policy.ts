import {
  DEFAULT_HOST_POLICY,
  type EndpointHealth,
  type HostPolicy,
  type LocalityBalancing,
  type SlowStart,
  type SubsetConfig,
  type ZoneAwareness,
} from '@inmesh/core'
import type {
  Cluster,
  Cluster_SlowStartConfig,
  LocalityLbConfig,
  OverrideHost,
  SlowStartConfig,
} from '@inmesh/xds-proto'
import { healthOf } from '../endpoint/lb-endpoint.js'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translatePercent } from './percent.js'
import { type Subsets, translateSubsets } from './subsets.js'
import { translateZoneAwareness, type ZoneAwareConfig } from './zone-awareness.js'

const DEFAULT_MIN_WEIGHT_PERCENT = 10

/**
 * Gathers which endpoints a cluster's policy chooses from. What says so is spread over the cluster, its `common_lb_config` and every policy
 * that it names, one within the other.
 */
export class HostPolicyReader {
  readonly #refusals: ViewReasons
  #panicThreshold = DEFAULT_HOST_POLICY.panicThreshold
  #failOnPanic = false
  #zoneAwareness: ZoneAwareness | undefined
  #localities: LocalityBalancing = 'together'
  #grpcLocalityWeights: boolean
  #slowStart: SlowStart | undefined
  #subsets: SubsetConfig | undefined
  #overrideStatuses: readonly EndpointHealth[] | undefined
  #overrideHeaders: readonly string[] = []

  /**
   * @param scope - The cluster.
   * @param cluster - The cluster.
   * @param refusals - Its refusals. gRPC reads none of this, so what is malformed costs HTTP calls only.
   */
  constructor(scope: FieldScope, cluster: Cluster, refusals: ViewReasons) {
    this.#refusals = refusals
    const typed = cluster.loadBalancingPolicy !== undefined
    // gRFC A52: a legacy policy stands within wrr_locality, a typed one where its list puts it.
    this.#grpcLocalityWeights = !typed
    if (cluster.lbSubsetConfig !== undefined) {
      const place = scope.at('lb_subset_config')
      if (typed) place.unsupported('load_balancing_policy says whether endpoints are divided')
      else this.subsets(place, cluster.lbSubsetConfig)
    }
    const common = cluster.commonLbConfig
    if (common === undefined) return
    const place = scope.at('common_lb_config')
    if (common.healthyPanicThreshold !== undefined) {
      const percent = translatePercent(
        place.at('healthy_panic_threshold'),
        common.healthyPanicThreshold,
        this.#refusals,
      )
      this.#panicThreshold = Math.round(percent ?? this.#panicThreshold)
    }
    if (common.overrideHostStatus !== undefined) {
      this.#overrideStatuses = [...new Set(common.overrideHostStatus.statuses.map(healthOf))]
    }
    const specifier = common.localityConfigSpecifier
    if (specifier === undefined) return
    if (!typed) {
      if (specifier.$case === 'localityWeightedLbConfig') this.#localities = 'weighted'
      else this.#zoneAware(place.at('zone_aware_lb_config'), specifier.value)
      return
    }
    const field =
      specifier.$case === 'localityWeightedLbConfig' ? 'locality_weighted_lb_config' : 'zone_aware_lb_config'
    place.at(field).unsupported('load_balancing_policy says how localities share requests')
  }

  /** The policy of a `load_balancing_policy` says how localities share requests. */
  localityConfig(scope: FieldScope, config: LocalityLbConfig | undefined): void {
    const specifier = config?.localityConfigSpecifier
    if (specifier?.$case === 'localityWeightedLbConfig') this.#localities = 'weighted'
    else if (specifier?.$case === 'zoneAwareLbConfig') {
      this.#zoneAware(scope.at('locality_lb_config').at('zone_aware_lb_config'), specifier.value)
    }
  }

  /** Localities share the requests of HTTP by their weights. */
  weighLocalities(): void {
    this.#localities = 'weighted'
  }

  /** The policy stands within wrr_locality: localities share the requests of both views by their weights. */
  withinLocalities(): void {
    this.#localities = 'weighted'
    this.#grpcLocalityWeights = true
  }

  /** Requests name their endpoint in headers. */
  overrideHost(scope: FieldScope, { overrideHostSources }: OverrideHost): void {
    const headers: string[] = []
    for (const [index, { header, metadata }] of overrideHostSources.entries()) {
      const place = scope.at('override_host_sources', index)
      if (header !== '') headers.push(header.toLowerCase())
      if (metadata !== undefined) place.at('metadata').unsupported('requests have no metadata')
    }
    this.#overrideHeaders = headers
  }

  /** Endpoints are divided by their metadata. */
  subsets(scope: FieldScope, config: Subsets): void {
    this.#subsets = translateSubsets(scope, config, this.#refusals)
  }

  /** New endpoints get a growing share. */
  slowStart(scope: FieldScope, config: SlowStartConfig | Cluster_SlowStartConfig | undefined): void {
    if (config?.slowStartWindow === undefined) return
    const place = scope.at('slow_start_config')
    const windowMs = translateDuration(place.at('slow_start_window'), config.slowStartWindow)
    const minWeight =
      config.minWeightPercent &&
      translatePercent(place.at('min_weight_percent'), config.minWeightPercent, this.#refusals)
    const aggression = config.aggression?.defaultValue ?? 1
    if (!(aggression > 0)) place.at('aggression').unsupported('must be more than 0; 1 is used')
    if (!windowMs) return
    this.#slowStart = {
      windowMs,
      aggression: aggression > 0 ? aggression : 1,
      minWeightPercent: minWeight ?? DEFAULT_MIN_WEIGHT_PERCENT,
    }
  }

  /** What was gathered. */
  toPolicy(): HostPolicy {
    return {
      panicThreshold: this.#panicThreshold,
      failOnPanic: this.#failOnPanic,
      localities: this.#localities,
      grpcLocalityWeights: this.#grpcLocalityWeights,
      ...(this.#zoneAwareness && { zoneAwareness: this.#zoneAwareness }),
      ...(this.#slowStart && { slowStart: this.#slowStart }),
      ...(this.#subsets && { subsets: this.#subsets }),
      ...(this.#overrideStatuses && { overrideStatuses: this.#overrideStatuses }),
      ...(this.#overrideHeaders.length > 0 && { overrideHeaders: this.#overrideHeaders }),
    }
  }

  #zoneAware(scope: FieldScope, config: ZoneAwareConfig): void {
    this.#failOnPanic = config.failTrafficOnPanic
    this.#zoneAwareness = translateZoneAwareness(scope, config, this.#refusals)
  }
}
