import type { CorsConfig, StringMatch } from '@inmesh/core'
import type { CorsPolicy, VirtualHost } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, MOOT } from '../field/field-treatments.js'
import { translateFraction } from '../field/fraction.js'
import { checkHeaderText } from '../field/header-text.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateStringMatch } from '../route/string-match.js'

const FIELDS = new FieldTreatments<CorsPolicy>({
  allowOriginStringMatch: CARRIED,
  allowMethods: CARRIED,
  allowHeaders: CARRIED,
  exposeHeaders: CARRIED,
  maxAge: CARRIED,
  allowCredentials: CARRIED,
  filterEnabled: CARRIED,
  // Counts what would have been done, and does nothing.
  shadowEnabled: MOOT,
  allowPrivateNetworkAccess: CARRIED,
  forwardNotMatchingPreflights: CARRIED,
})

/**
 * Translates a policy for cross-origin requests.
 *
 * @param scope - Where the policy stands.
 * @param policy - The policy.
 * @param refusals - Refusals of the part it is for.
 */
export function translateCorsPolicy(scope: FieldScope, policy: CorsPolicy, refusals: ViewReasons): CorsConfig {
  FIELDS.apply(scope, policy, refusals)
  const allowOrigins = translateOrigins(scope, policy, refusals)
  const enabled =
    policy.filterEnabled &&
    translateFraction(scope.at('filter_enabled').at('default_value'), policy.filterEnabled.defaultValue)
  const { allowCredentials, allowPrivateNetworkAccess, forwardNotMatchingPreflights } = policy
  return {
    kind: 'cors',
    ...(allowOrigins.length > 0 && { allowOrigins }),
    ...text(scope, policy, 'allow_methods', 'allowMethods'),
    ...text(scope, policy, 'allow_headers', 'allowHeaders'),
    ...text(scope, policy, 'expose_headers', 'exposeHeaders'),
    ...text(scope, policy, 'max_age', 'maxAge'),
    ...(allowCredentials !== undefined && { allowCredentials }),
    ...(allowPrivateNetworkAccess !== undefined && { allowPrivateNetworkAccess }),
    ...(forwardNotMatchingPreflights !== undefined && { forwardUnmatchedPreflights: forwardNotMatchingPreflights }),
    ...(enabled !== undefined && { enabled }),
  }
}

/**
 * Translates the `cors` of a route's action or a virtual host, the older place of the same policy. It counts where no override of the filter
 * says anything (Envoy, CorsFilter).
 *
 * @param scope - What has the policy.
 * @param policy - The policy; absent for none.
 * @param refusals - Refusals of what has it.
 */
export function translateOlderCors(
  scope: FieldScope,
  policy: VirtualHost['cors'],
  refusals: ViewReasons,
): { readonly cors?: CorsConfig } {
  if (policy === undefined) return {}
  const { enabledSpecifier, ...same } = policy
  const cors = { ...same, filterEnabled: enabledSpecifier?.value }
  return { cors: translateCorsPolicy(scope.at('cors'), cors, refusals) }
}

function translateOrigins(scope: FieldScope, policy: CorsPolicy, refusals: ViewReasons): readonly StringMatch[] {
  return policy.allowOriginStringMatch.flatMap((matcher, index) => {
    const place = scope.at('allow_origin_string_match', index)
    const match = translateStringMatch(place, matcher)
    if (match !== 'unsupported') return match ?? []
    refusals.add(place, 'custom matchers are not supported', ['http'])
    return []
  })
}

type TextField = 'allowMethods' | 'allowHeaders' | 'exposeHeaders' | 'maxAge'

function text(scope: FieldScope, policy: CorsPolicy, name: string, field: TextField): Pick<CorsConfig, TextField> {
  const value = policy[field]
  return value !== '' && checkHeaderText(scope.at(name), value) ? { [field]: value } : {}
}
