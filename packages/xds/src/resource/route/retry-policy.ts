import { type HeaderMatch, type JsonValue, parseRetryConditions, type RetryPolicy } from '@inmesh/core'
import {
  type HeaderMatcher,
  OmitCanaryHostsPredicate,
  OmitHostMetadataConfig,
  PreviousHostsPredicate,
  PreviousPrioritiesConfig,
  type RetryPolicy_RateLimitedRetryBackOff,
  RetryPolicy_ResetHeaderFormat,
  type RetryPolicy_RetryBackOff,
  type RetryPolicy_RetryHostPredicate,
  type RetryPolicy_RetryPriority,
  type RetryPolicy as RetryPolicyMessage,
} from '@inmesh/xds-proto'
import { translateDuration, translatePositiveDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateHeaderMatch } from './header-match.js'

const DEFAULT_BASE_MS = 25
/** Envoy and gRFC A44: the longest pause is ten times the base unless it is given. */
const MAX_INTERVAL_FACTOR = 10
/** Envoy: "values less than 1 ms are rounded up to 1 ms". */
const SHORTEST_MS = 1
/** Envoy's RateLimitedRetryBackOff.max_interval. */
const LONGEST_RESET_MS = 300_000
const { SECONDS, UNIX_TIMESTAMP } = RetryPolicy_ResetHeaderFormat

const FIELDS = new FieldTreatments<RetryPolicyMessage>({
  retryOn: CARRIED,
  numRetries: CARRIED,
  perTryTimeout: CARRIED,
  retryHostPredicate: CARRIED,
  hostSelectionRetryMaxAttempts: CARRIED,
  retriableStatusCodes: CARRIED,
  retryBackOff: CARRIED,
  perTryIdleTimeout: CARRIED,
  retryPriority: CARRIED,
  rateLimitedRetryBackOff: CARRIED,
  retriableHeaders: CARRIED,
  retriableRequestHeaders: CARRIED,
  retryOptionsPredicates: leftOut('retry options are not supported'),
})

/**
 * Translates a retry policy (Envoy, config.route.v3.RetryPolicy; gRFC A44). It is checked whole, also where none of its conditions is
 * supported.
 *
 * @param scope - Where the policy stands.
 * @param policy - The policy.
 * @param refusals - Refusals of the routes that the policy is for.
 */
export function translateRetryPolicy(
  scope: FieldScope,
  policy: RetryPolicyMessage,
  refusals: ViewReasons,
): RetryPolicy {
  FIELDS.apply(scope, policy, refusals)
  const retries = policy.numRetries ?? 1
  if (retries === 0) refusals.add(scope.at('num_retries'), 'gRPC does not take num_retries 0 (gRFC A44)', ['grpc'])
  const { conditions, unknown } = parseRetryConditions(policy.retryOn)
  for (const name of unknown) {
    scope.at('retry_on').unsupported(`the condition ${name} is not supported; the others apply`)
  }
  const retriableHeaders = translateHeaders(scope, 'retriable_headers', policy.retriableHeaders, refusals)
  const requestHeaders = translateHeaders(scope, 'retriable_request_headers', policy.retriableRequestHeaders, refusals)
  const perTry = policy.perTryTimeout
  const perTryIdle = policy.perTryIdleTimeout
  const perTryIdleTimeoutMs = perTryIdle && translateDuration(scope.at('per_try_idle_timeout'), perTryIdle)
  const rateLimitedBackOff =
    policy.rateLimitedRetryBackOff &&
    translateRateLimitedBackOff(scope.at('rate_limited_retry_back_off'), policy.rateLimitedRetryBackOff)
  return {
    conditions,
    retries,
    retriableStatusCodes: policy.retriableStatusCodes,
    ...(retriableHeaders.length > 0 && { retriableHeaders }),
    ...(requestHeaders.length > 0 && { retriableRequestHeaders: requestHeaders }),
    perTryTimeoutMs: (perTry && translateDuration(scope.at('per_try_timeout'), perTry)) ?? 0,
    ...(perTryIdleTimeoutMs && { perTryIdleTimeoutMs }),
    backOff: translateBackOff(scope.at('retry_back_off'), policy.retryBackOff),
    ...(rateLimitedBackOff && { rateLimitedBackOff }),
    ...translateHostPredicates(scope, policy.retryHostPredicate),
    hostSelectionAttempts: Math.max(1, Number(policy.hostSelectionRetryMaxAttempts)),
    ...translatePriority(scope.at('retry_priority'), policy.retryPriority),
  }
}

function translateHeaders(
  scope: FieldScope,
  field: string,
  matchers: readonly HeaderMatcher[],
  refusals: ViewReasons,
): readonly HeaderMatch[] {
  return matchers.flatMap((matcher, index) => translateHeaderMatch(scope.at(field, index), matcher, refusals) ?? [])
}

function translateBackOff(scope: FieldScope, backOff: RetryPolicy_RetryBackOff | undefined): RetryPolicy['backOff'] {
  const defaults = { baseMs: DEFAULT_BASE_MS, maxMs: DEFAULT_BASE_MS * MAX_INTERVAL_FACTOR }
  if (backOff === undefined) return defaults
  if (backOff.baseInterval === undefined) {
    scope.at('base_interval').malformed('the interval is missing')
    return defaults
  }
  const base = translatePositiveDuration(scope.at('base_interval'), backOff.baseInterval)
  if (base === undefined) return defaults
  const baseMs = Math.max(SHORTEST_MS, base)
  if (backOff.maxInterval === undefined) return { baseMs, maxMs: baseMs * MAX_INTERVAL_FACTOR }
  const max = translatePositiveDuration(scope.at('max_interval'), backOff.maxInterval)
  if (max === undefined) return defaults
  if (max < base) scope.at('max_interval').malformed('must not be less than base_interval')
  return { baseMs, maxMs: Math.max(SHORTEST_MS, max) }
}

function translateRateLimitedBackOff(
  scope: FieldScope,
  backOff: RetryPolicy_RateLimitedRetryBackOff,
): RetryPolicy['rateLimitedBackOff'] {
  const max = backOff.maxInterval && translatePositiveDuration(scope.at('max_interval'), backOff.maxInterval)
  if (backOff.resetHeaders.length === 0) scope.at('reset_headers').malformed('at least one header is required')
  const headers = backOff.resetHeaders.map(({ name, format }, index) => {
    const place = scope.at('reset_headers', index)
    if (name === '') place.at('name').malformed('the name is missing')
    if (format !== SECONDS && format !== UNIX_TIMESTAMP)
      place.at('format').malformed('must be SECONDS or UNIX_TIMESTAMP')
    return { name: name.toLowerCase(), format: format === SECONDS ? 'seconds' : 'unix-timestamp' } as const
  })
  return { headers, maxMs: max ?? LONGEST_RESET_MS }
}

type HostPredicates = Pick<RetryPolicy, 'avoidPreviousHosts' | 'avoidCanaries' | 'avoidMetadata'>

function translateHostPredicates(
  scope: FieldScope,
  predicates: readonly RetryPolicy_RetryHostPredicate[],
): HostPredicates {
  let found: HostPredicates = { avoidPreviousHosts: false }
  for (const [index, predicate] of predicates.entries()) {
    found = { ...found, ...translateHostPredicate(scope.at('retry_host_predicate', index), predicate) }
  }
  return found
}

/** By type; by name for control planes that still send no type. */
function translateHostPredicate(
  scope: FieldScope,
  { name, configType }: RetryPolicy_RetryHostPredicate,
): Partial<HostPredicates> {
  const place = scope.at('typed_config')
  const config = configType && typedConfigOf(place, configType.value)
  switch (config?.typeName ?? name) {
    case PreviousHostsPredicate.$type:
    case 'envoy.retry_host_predicates.previous_hosts':
      return { avoidPreviousHosts: true }
    case OmitCanaryHostsPredicate.$type:
    case 'envoy.retry_host_predicates.omit_canary_hosts':
      return { avoidCanaries: true }
    case OmitHostMetadataConfig.$type: {
      const message = config && decodeConfig(place, OmitHostMetadataConfig, config)
      const avoidMetadata = message?.metadataMatch?.filterMetadata.get('envoy.lb')
      return avoidMetadata ? { avoidMetadata: avoidMetadata as { readonly [key: string]: JsonValue } } : {}
    }
    default:
      scope.unsupported(`the host predicate ${name} is not supported`)
      return {}
  }
}

function translatePriority(
  scope: FieldScope,
  priority: RetryPolicy_RetryPriority | undefined,
): Pick<RetryPolicy, 'previousPrioritiesAfter'> {
  if (priority === undefined) return {}
  const place = scope.at('typed_config')
  const config = priority.configType && typedConfigOf(place, priority.configType.value)
  if (config?.typeName !== PreviousPrioritiesConfig.$type) {
    scope.unsupported(`the retry priority ${priority.name} is not supported`)
    return {}
  }
  const message = decodeConfig(place, PreviousPrioritiesConfig, config)
  if (message === undefined) return {}
  if (message.updateFrequency > 0) return { previousPrioritiesAfter: message.updateFrequency }
  place.at('update_frequency').malformed('must be more than 0')
  return {}
}
