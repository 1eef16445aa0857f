import type { LoadBalancingPolicy } from '@inmesh/core'
import {
  ClientSideWeightedRoundRobin,
  LeastRequest,
  type LoadBalancingPolicy as LoadBalancingPolicies,
  Maglev,
  type MessageCodec,
  OverrideHost,
  Random,
  RandomSubsetting,
  RingHash,
  RoundRobin,
  WrrLocality,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import { ViewReasons } from '../field/view-reasons.js'
import { checkRing, leastRequest, NO_HASHING, ROUND_ROBIN } from './balancing-rules.js'
import type { HostPolicyReader } from './host-policy.js'

/** gRFC A52: policies within policies, so that a resource cannot send the reader into the deep. */
const DEEPEST = 16

/** Translates one policy; undefined when it is malformed or no policy within it is known, both of which are reported. */
type Translate = (scope: FieldScope, bytes: Uint8Array, around: Surroundings) => LoadBalancingPolicy | undefined

/** What a policy stands in. */
interface Surroundings {
  /** Told which endpoints the policy chooses from. */
  readonly hosts: HostPolicyReader
  /** Translates the list of policies within the policy. */
  inner(scope: FieldScope, policies: LoadBalancingPolicies | undefined): LoadBalancingPolicy | undefined
}

const LEAST_REQUEST_FIELDS = new FieldTreatments<LeastRequest>({
  choiceCount: CARRIED,
  activeRequestBias: leftOut('the bias is 1 for every cluster'),
  slowStartConfig: CARRIED,
  localityLbConfig: CARRIED,
  enableFullScan: leftOut('endpoints are drawn, not all compared'),
  selectionMethod: leftOut('endpoints are drawn, not all compared'),
})

const WEIGHTED_ROUND_ROBIN_FIELDS = new FieldTreatments<ClientSideWeightedRoundRobin>({
  enableOobLoadReport: leftOut('load is not reported apart from requests'),
  slowStartConfig: CARRIED,
  metricNamesForComputingUtilization: MOOT,
  oobReportingPeriod: MOOT,
  blackoutPeriod: MOOT,
  weightExpirationPeriod: MOOT,
  weightUpdatePeriod: MOOT,
  errorUtilizationPenalty: MOOT,
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
    LEAST_REQUEST_FIELDS.apply(scope, message, ViewReasons.refusals())
    hosts.slowStart(scope, message.slowStartConfig)
    hosts.localityConfig(scope, message.localityLbConfig)
    return leastRequest(scope, message.choiceCount)
  }),
  policy(RingHash, (scope, message, { hosts }) => {
    if (message.localityWeightedLbConfig !== undefined) hosts.weighLocalities()
    checkRing(scope, message.minimumRingSize, message.maximumRingSize)
    scope.unsupported(NO_HASHING)
    return ROUND_ROBIN
  }),
  policy(Maglev, (scope, message, { hosts }) => {
    if (message.localityWeightedLbConfig !== undefined) hosts.weighLocalities()
    scope.unsupported(NO_HASHING)
    return ROUND_ROBIN
  }),
  // gRFC A58: without load reports the policy is round robin.
  policy(ClientSideWeightedRoundRobin, (scope, message, { hosts }) => {
    WEIGHTED_ROUND_ROBIN_FIELDS.apply(scope, message, ViewReasons.refusals())
    hosts.slowStart(scope, message.slowStartConfig)
    scope.unsupported('endpoints are not weighted by their load yet; requests go round robin')
    return ROUND_ROBIN
  }),
  policy(WrrLocality, (scope, message, { hosts, inner }) => {
    hosts.withinLocalities()
    return inner(scope.at('endpoint_picking_policy'), message.endpointPickingPolicy)
  }),
  policy(OverrideHost, (scope, message, { inner }) => {
    scope.unsupported('endpoints are not chosen by the request yet; its fallback policy is used')
    return inner(scope.at('fallback_policy'), message.fallbackPolicy)
  }),
  policy(RandomSubsetting, (scope, message, { inner }) => {
    scope.unsupported('all endpoints are connected to, not a random part of them')
    return inner(scope.at('child_policy'), message.childPolicy)
  }),
])

/**
 * Translates a list of policies in order of preference: the first that is known counts, and an error in it is an error, not a reason
 * to take the next (gRFC A24, A52).
 *
 * @param scope - Where the list stands.
 * @param policies - The list.
 * @param refusals - Refusals of the cluster, for a list in which nothing is known.
 * @param hosts - Told which endpoints the policy chooses from.
 * @returns undefined when the list is malformed or nothing in it is known; both are reported.
 */
export function translateTypedPolicies(
  scope: FieldScope,
  policies: LoadBalancingPolicies,
  refusals: ViewReasons,
  hosts: HostPolicyReader,
): LoadBalancingPolicy | undefined {
  return translateList(scope, policies, 1, refusals, hosts)
}

function translateList(
  scope: FieldScope,
  list: LoadBalancingPolicies | undefined,
  depth: number,
  refusals: ViewReasons,
  hosts: HostPolicyReader,
): LoadBalancingPolicy | undefined {
  if (list === undefined || list.policies.length === 0) {
    scope.malformed('at least one policy is required')
    return undefined
  }
  if (depth > DEEPEST) {
    scope.malformed(`policies are nested deeper than ${DEEPEST}`)
    return undefined
  }
  const around: Surroundings = {
    hosts,
    inner: (place, nested) => translateList(place, nested, depth + 1, refusals, hosts),
  }
  for (const [index, { typedExtensionConfig }] of list.policies.entries()) {
    const place = scope.at('policies', index).at('typed_extension_config').at('typed_config')
    const config = typedExtensionConfig?.typedConfig && typedConfigOf(place, typedExtensionConfig.typedConfig)
    const translate = config && POLICIES.get(config.typeName)
    if (translate !== undefined && config?.bytes !== undefined) return translate(place, config.bytes, around)
    place.unsupported(
      `the policy ${config?.typeName ?? typedExtensionConfig?.name ?? ''} is not supported; the next one is tried`,
    )
  }
  refusals.add(scope, 'no policy in the list is supported')
  return undefined
}

function policy<Message>(
  codec: MessageCodec<Message>,
  translate: (scope: FieldScope, message: Message, around: Surroundings) => LoadBalancingPolicy | undefined,
): readonly [string, Translate] {
  return [
    codec.$type,
    (scope, bytes, around) => {
      const message = decodeConfig(scope, codec, bytes)
      return message === undefined ? undefined : translate(scope, message, around)
    },
  ]
}
