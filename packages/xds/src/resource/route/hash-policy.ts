import type { HashPolicy } from '@inmesh/core'
import type { RouteAction_HashPolicy_Cookie, RouteAction_HashPolicy as RouteActionHashPolicy } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { translateSubstitution } from '../field/regex-substitution.js'

/** gRFC A42: the one filter state that is known. */
const CHANNEL_ID = 'io.grpc.channel_id'

/**
 * Translates what is hashed of a request. A kind that is not known is passed over, for both views (gRFC A42).
 *
 * @param scope - The message that holds the list.
 * @param policies - Its field `hash_policy`.
 * @returns undefined for an empty list.
 */
export function translateHashPolicies(
  scope: FieldScope,
  policies: readonly RouteActionHashPolicy[],
): readonly HashPolicy[] | undefined {
  const translated: HashPolicy[] = []
  for (const [index, policy] of policies.entries()) {
    const one = translateHashPolicy(scope.at('hash_policy', index), policy)
    if (one !== undefined) translated.push(one)
  }
  return translated.length === 0 ? undefined : translated
}

function translateHashPolicy(
  scope: FieldScope,
  { policySpecifier: specifier, terminal }: RouteActionHashPolicy,
): HashPolicy | undefined {
  switch (specifier?.$case) {
    case 'header': {
      const place = scope.at('header')
      const name = required(place.at('header_name'), specifier.value.headerName).toLowerCase()
      const { regexRewrite } = specifier.value
      const rewrite = regexRewrite && translateSubstitution(place.at('regex_rewrite'), regexRewrite)
      return { kind: 'header', name, terminal, ...(rewrite && { rewrite }) }
    }
    case 'cookie':
      return translateCookie(scope.at('cookie'), specifier.value, terminal)
    case 'queryParameter': {
      const name = required(scope.at('query_parameter').at('name'), specifier.value.name)
      return { kind: 'query-parameter', name, terminal }
    }
    case 'connectionProperties':
      return specifier.value.sourceIp ? { kind: 'client-address', terminal } : undefined
    case 'filterState': {
      const { key } = specifier.value
      if (key === CHANNEL_ID) return { kind: 'channel', terminal }
      scope
        .at('filter_state')
        .at('key')
        .unsupported(`filter state ${JSON.stringify(key)} does not exist here`)
      return undefined
    }
    case undefined:
      scope.unsupported('the kind of hash policy is not known')
      return undefined
  }
}

function translateCookie(scope: FieldScope, cookie: RouteAction_HashPolicy_Cookie, terminal: boolean): HashPolicy {
  const name = required(scope.at('name'), cookie.name)
  const ttlMs = cookie.ttl && translateDuration(scope.at('ttl'), cookie.ttl)
  return {
    kind: 'cookie',
    name,
    path: cookie.path,
    attributes: cookie.attributes.map(({ name, value }) => ({ name, value })),
    terminal,
    // Envoy reads whole seconds.
    ...(ttlMs !== undefined && { ttlSeconds: Math.floor(ttlMs / 1000) }),
  }
}

function required(scope: FieldScope, value: string): string {
  if (value === '') scope.malformed('must not be empty')
  return value
}
