import type { MirrorPolicy } from '@inmesh/core'
import type { RouteAction_RequestMirrorPolicy } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { translateFraction } from '../field/fraction.js'
import { checkHeaderText } from '../field/header-text.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateMutation } from '../filter/header-mutation.js'

const FIELDS = new FieldTreatments<RouteAction_RequestMirrorPolicy>({
  cluster: CARRIED,
  clusterHeader: CARRIED,
  runtimeFraction: CARRIED,
  traceSampled: leftOut('copies of requests are sampled as the requests are'),
  disableShadowHostSuffixAppend: CARRIED,
  hostRewriteLiteral: CARRIED,
  requestHeadersMutations: CARRIED,
})

/**
 * Translates the mirrors of one level. HTTP only: no gRFC has them.
 *
 * @param scope - The message that has them.
 * @param policies - The mirrors.
 * @param refusals - Refusals of what the message is for.
 */
export function translateMirrors(
  scope: FieldScope,
  policies: readonly RouteAction_RequestMirrorPolicy[],
  refusals: ViewReasons,
): readonly MirrorPolicy[] {
  return policies.flatMap((policy, index) => {
    return translateMirror(scope.at('request_mirror_policies', index), policy, refusals) ?? []
  })
}

function translateMirror(
  scope: FieldScope,
  policy: RouteAction_RequestMirrorPolicy,
  refusals: ViewReasons,
): MirrorPolicy | undefined {
  FIELDS.apply(scope, policy, refusals)
  const { cluster, clusterHeader, hostRewriteLiteral: host } = policy
  const fraction =
    policy.runtimeFraction &&
    translateFraction(scope.at('runtime_fraction').at('default_value'), policy.runtimeFraction.defaultValue)
  checkHeaderText(scope.at('host_rewrite_literal'), host)
  const changes = policy.requestHeadersMutations.flatMap((mutation, index) => {
    return translateMutation(scope.at('request_headers_mutations', index), mutation, new Set(), refusals) ?? []
  })
  if ((cluster === '') === (clusterHeader === '')) scope.malformed('one of cluster and cluster_header is required')
  return {
    cluster,
    ...(clusterHeader !== '' && { clusterHeader: clusterHeader.toLowerCase() }),
    ...(fraction && { fraction }),
    ...(host !== '' && { host }),
    ...(policy.disableShadowHostSuffixAppend && { keepsHost: true }),
    changes,
  }
}
