import { CorsPolicy, create, FractionalPercent, RuntimeFractionalPercent } from '@inmesh/xds-proto'
import type { CorsPolicy as IstioCorsPolicy } from '../model/http-route.js'
import { stringMatcher } from './string-matcher.js'

/** Translates the cross-origin policy of a route. */
export function corsPolicy(policy: IstioCorsPolicy): CorsPolicy {
  return create(CorsPolicy, {
    allowOriginStringMatch: policy.allowOrigins.flatMap((match) =>
      match.kind === 'present' ? [] : [stringMatcher(match)],
    ),
    allowMethods: policy.allowMethods.join(','),
    allowHeaders: policy.allowHeaders.join(','),
    exposeHeaders: policy.exposeHeaders.join(','),
    maxAge: policy.maxAgeSeconds === undefined ? '' : String(policy.maxAgeSeconds),
    allowCredentials: policy.allowCredentials,
    filterEnabled: create(RuntimeFractionalPercent, { defaultValue: create(FractionalPercent, { numerator: 100 }) }),
    forwardNotMatchingPreflights: policy.forwardUnmatchedPreflights,
  })
}
