import type { BalancingPolicies, CustomPolicy, JsonValue, LoadBalancingPolicy } from '@inmesh/core'
import {
  ClientSideWeightedRoundRobin,
  type Cluster,
  Cluster_DiscoveryType,
  ClusterProvided,
  type ConsistentHashingLbConfig,
  LeastRequest,
  LeastRequest_SelectionMethod,
  type LoadBalancingPolicy as LoadBalancingPolicies,
  Maglev,
  type MessageCodec,
  OverrideHost,
  PickFirst,
  Random,
  RandomSubsetting,
  RingHash,
  RingHash_HashFunction,
  RoundRobin,
  Subset,
  WrrLocality,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { decodeConfig, type TypedConfig, typedConfigOf } from '../field/typed-config.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateHashPolicies } from '../route/hash-policy.js'
import { balanceFactor, type HashingTerms, leastRequest, maglev, ROUND_ROBIN, ringHash } from './balancing-rules.js'
import type { HostPolicyReader } from './host-policy.js'
import { PEAK_EWMA, translatePeakEwma } from './peak-ewma.js'
import { weightedByLoad } from './weighted-by-load.js'

/** gRFC A52: policies within policies, so that a resource cannot send the reader into the deep. */
const DEEPEST = 16

/** Why gRPC refuses a ring that is made with another hash. */
export const MURMUR_REFUSED = 'gRPC knows no hash function but XX_HASH (gRFC A42)'

/** Translates one policy; undefined when it is malformed, or what is within it, which is reported. */
type Translate = (scope: FieldScope, config: TypedConfig, around: Surroundings) => LoadBalancingPolicy | undefined

/** What a list of policies stands in. */
export interface BalancedCluster {
  /** The cluster. */
  readonly cluster: Cluster
  /** Told which endpoints the policy chooses from. */
  readonly hosts: HostPolicyReader
  /** Refusals of the cluster. */
  readonly refusals: ViewReasons
  /** Policies of the application's own. */
  readonly policies: BalancingPolicies
}

/** What a policy stands in. */
interface Surroundings extends BalancedCluster {
  /** Translates the list of policies within the policy. */
  inner(scope: FieldScope, policies: LoadBalancingPolicies | undefined): LoadBalancingPolicy | undefined
}

const WEIGHTED_ROUND_ROBIN_FIELDS = new FieldTreatments<ClientSideWeightedRoundRobin>({
  enableOobLoadReport: leftOut('load is learned from responses, not apart from them'),
  oobReportingPeriod: MOOT,
  slowStartConfig: CARRIED,
  metricNamesForComputingUtilization: CARRIED,
  blackoutPeriod: CARRIED,
  weightExpirationPeriod: CARRIED,
  weightUpdatePeriod: CARRIED,
  errorUtilizationPenalty: CARRIED,
})

/** The policies that are known, by message name. */
const POLICIES: ReadonlyMap<string, Translate> = new Map([
  policy(RoundRobin, (scope, message, { hosts }) => {
    hosts.slowStart(scope, message.slowStartConfig)
    hosts.localityConfig(scope, message.localityLbConfig)
    return ROUND_ROBIN
  }),
  policy(Random, (scope, message, { hosts }) => {
    hosts.localityConfig(scope, message.localityLbConfig)
    return { kind: 'random' }
  }),
  policy(LeastRequest, (scope, message, { hosts }) => {
    hosts.slowStart(scope, message.slowStartConfig)
    hosts.localityConfig(scope, message.localityLbConfig)
    const fullScan =
      message.enableFullScan === true || message.selectionMethod === LeastRequest_SelectionMethod.FULL_SCAN
    return leastRequest(scope, {
      choiceCount: message.choiceCount,
      bias: message.activeRequestBias?.defaultValue,
      fullScan,
    })
  }),
  policy(RingHash, (scope, message, { hosts, refusals }) => {
    if (message.localityWeightedLbConfig !== undefined) hosts.weighLocalities()
    const murmur = message.hashFunction === RingHash_HashFunction.MURMUR_HASH_2
    if (murmur) refusals.add(scope.at('hash_function'), MURMUR_REFUSED, ['grpc'])
    const ring = {
      minimum: message.minimumRingSize,
      maximum: message.maximumRingSize,
      hashFunction: murmur ? ('murmur-hash-2' as const) : ('xx-hash' as const),
    }
    const terms = hashingTerms(scope, message.consistentHashingLbConfig) ?? {
      useHostname: message.useHostnameForHashing,
      ...balanceFactor(scope.at('hash_balance_factor'), message.hashBalanceFactor),
    }
    return ringHash(scope, ring, terms)
  }),
  policy(Maglev, (scope, message, { hosts }) => {
    if (message.localityWeightedLbConfig !== undefined) hosts.weighLocalities()
    const terms = hashingTerms(scope, message.consistentHashingLbConfig) ?? { useHostname: false }
    return maglev(scope, message.tableSize, terms)
  }),
  policy(ClientSideWeightedRoundRobin, (scope, message, { hosts }) => {
    WEIGHTED_ROUND_ROBIN_FIELDS.apply(scope, message, ViewReasons.refusals())
    hosts.slowStart(scope, message.slowStartConfig)
    return weightedByLoad(scope, message)
  }),
  policy(ClusterProvided, (scope, _message, { cluster }) => clusterProvided(scope, cluster)),
  policy(PickFirst, (_scope, message) => ({ kind: 'pick-first', shuffle: message.shuffleAddressList })),
  policy(WrrLocality, (scope, message, { hosts, inner }) => {
    hosts.withinLocalities()
    return inner(scope.at('endpoint_picking_policy'), message.endpointPickingPolicy)
  }),
  policy(OverrideHost, (scope, message, { hosts, inner }) => {
    hosts.overrideHost(scope, message)
    return inner(scope.at('fallback_policy'), message.fallbackPolicy)
  }),
  policy(Subset, (scope, message, { hosts, inner }) => {
    hosts.subsets(scope, message)
    return inner(scope.at('subset_lb_policy'), message.subsetLbPolicy)
  }),
  policy(RandomSubsetting, (scope, message, { inner }) => {
    const size = message.subsetSize ?? 0
    if (size < 1) scope.at('subset_size').malformed('must be 1 or more')
    const child = inner(scope.at('child_policy'), message.childPolicy)
    return child && { kind: 'random-subsetting', size, child }
  }),
])

/**
 * The policy that a kind of cluster brings along, which clusters with endpoints of their own do not (Envoy). Those that do never ask for one.
 *
 * @param scope - What asks for it.
 * @param cluster - The cluster.
 */
export function clusterProvided(scope: FieldScope, { clusterDiscoveryType }: Cluster): LoadBalancingPolicy {
  if (clusterDiscoveryType?.value === Cluster_DiscoveryType.EDS) {
    scope.malformed('a policy that the cluster provides is not for EDS clusters')
  }
  return ROUND_ROBIN
}

/**
 * Translates a list of policies in order of preference: the first that is known counts, and an error in it is an error, not a reason
 * to take the next; a list in which nothing is known is malformed (gRFC A24, A52; Envoy).
 *
 * @param scope - Where the list stands.
 * @param list - The list.
 * @param around - The cluster, and what is known beside it.
 * @returns undefined when the list is malformed, which is reported.
 */
export function translateTypedPolicies(
  scope: FieldScope,
  list: LoadBalancingPolicies,
  around: BalancedCluster,
): LoadBalancingPolicy | undefined {
  return translateList(scope, list, 1, around)
}

function translateList(
  scope: FieldScope,
  list: LoadBalancingPolicies | undefined,
  depth: number,
  around: BalancedCluster,
): LoadBalancingPolicy | undefined {
  if (list === undefined || list.policies.length === 0) {
    scope.malformed('at least one policy is required')
    return undefined
  }
  if (depth > DEEPEST) {
    scope.malformed(`policies are nested deeper than ${DEEPEST}`)
    return undefined
  }
  const surroundings: Surroundings = {
    ...around,
    inner: (place, nested) => translateList(place, nested, depth + 1, around),
  }
  const unknown: string[] = []
  for (const [index, { typedExtensionConfig }] of list.policies.entries()) {
    const place = scope.at('policies', index).at('typed_extension_config').at('typed_config')
    const config = typedExtensionConfig?.typedConfig && typedConfigOf(place, typedExtensionConfig.typedConfig)
    const translate = config && translatorOf(config, around.policies)
    if (translate !== undefined) return translate(place, surroundings)
    const name = config?.typeName ?? typedExtensionConfig?.name ?? ''
    place.unsupported(`the policy ${name} is not known; the next one is tried`)
    unknown.push(name)
  }
  scope.malformed(`no policy in the list is known: ${unknown.join(', ')}`)
  return undefined
}

/** @returns undefined when the policy is not known. */
function translatorOf(
  config: TypedConfig,
  policies: BalancingPolicies,
): ((scope: FieldScope, around: Surroundings) => LoadBalancingPolicy | undefined) | undefined {
  const { typeName, fields } = config
  const translate = POLICIES.get(typeName)
  if (translate !== undefined) {
    return (scope, around) => translate(scope, config, around)
  }
  if (fields === undefined) return undefined
  if (typeName === PEAK_EWMA) return (scope) => translatePeakEwma(scope, fields)
  return policies.has(typeName) ? (scope) => custom(scope, typeName, fields, policies) : undefined
}

/** A policy of the application's own says itself what is wrong with its configuration. */
function custom(
  scope: FieldScope,
  name: string,
  config: JsonValue,
  policies: BalancingPolicies,
): CustomPolicy | undefined {
  try {
    policies.get(name)!(config)
  } catch (error) {
    scope.malformed(`policy ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  return { kind: 'custom', name, config }
}

function policy<Message>(
  codec: MessageCodec<Message>,
  translate: (scope: FieldScope, message: Message, around: Surroundings) => LoadBalancingPolicy | undefined,
): readonly [string, Translate] {
  return [
    codec.$type,
    (scope, config, around) => {
      const message = decodeConfig(scope, codec, config)
      return message === undefined ? undefined : translate(scope, message, around)
    },
  ]
}

/** What the newer of two forms of the configuration says; undefined where it is not used. */
function hashingTerms(scope: FieldScope, config: ConsistentHashingLbConfig | undefined): HashingTerms | undefined {
  if (config === undefined) return undefined
  const place = scope.at('consistent_hashing_lb_config')
  const hashPolicies = translateHashPolicies(place, config.hashPolicy)
  return {
    useHostname: config.useHostnameForHashing,
    ...balanceFactor(place.at('hash_balance_factor'), config.hashBalanceFactor),
    ...(hashPolicies && { hashPolicies }),
  }
}
