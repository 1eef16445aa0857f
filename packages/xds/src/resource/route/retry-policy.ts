import type { RetryPolicy } from '@inmesh/core'
import {
  PreviousHostsPredicate,
  type RetryPolicy_RetryBackOff,
  type RetryPolicy_RetryHostPredicate,
  type RetryPolicy as RetryPolicyMessage,
} from '@inmesh/xds-proto'
import { translateDuration, translatePositiveDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { NO_RETRY_CONDITIONS, translateRetryConditions } from './retry-conditions.js'

const DEFAULT_BASE_MS = 25
/** Envoy and gRFC A44: the longest pause is ten times the base unless it is given. */
const MAX_INTERVAL_FACTOR = 10
/** Envoy: "values less than 1 ms are rounded up to 1 ms". */
const SHORTEST_MS = 1
const PREVIOUS_HOSTS = 'envoy.retry_host_predicates.previous_hosts'

const FIELDS = new FieldTreatments<RetryPolicyMessage>({
  retryOn: CARRIED,
  numRetries: CARRIED,
  perTryTimeout: CARRIED,
  retryHostPredicate: CARRIED,
  hostSelectionRetryMaxAttempts: CARRIED,
  retriableStatusCodes: CARRIED,
  retryBackOff: CARRIED,
  perTryIdleTimeout: leftOut('idle attempts are not cut off yet'),
  retryPriority: leftOut('retries do not change the priority of endpoints yet'),
  retryOptionsPredicates: leftOut('retry options are not supported'),
  rateLimitedRetryBackOff: leftOut('pauses asked for by response headers are not kept yet'),
  retriableHeaders: leftOut('response headers do not lead to retries yet'),
  retriableRequestHeaders: leftOut(
    'retries for some requests only are not supported yet; nothing is retried, as no request may be retried that was not meant to be',
  ),
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
  const conditions = translateRetryConditions(scope.at('retry_on'), policy.retryOn)
  const perTry = policy.perTryTimeout
  return {
    conditions: policy.retriableRequestHeaders.length > 0 ? NO_RETRY_CONDITIONS : conditions,
    retries,
    retriableStatusCodes: policy.retriableStatusCodes,
    perTryTimeoutMs: (perTry && translateDuration(scope.at('per_try_timeout'), perTry)) ?? 0,
    backOff: translateBackOff(scope.at('retry_back_off'), policy.retryBackOff),
    avoidPreviousHosts: avoidsPreviousHosts(scope, policy.retryHostPredicate),
    hostSelectionAttempts: Math.max(1, Number(policy.hostSelectionRetryMaxAttempts)),
  }
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

function avoidsPreviousHosts(scope: FieldScope, predicates: readonly RetryPolicy_RetryHostPredicate[]): boolean {
  let avoids = false
  for (const [index, predicate] of predicates.entries()) {
    const place = scope.at('retry_host_predicate', index)
    const config = predicate.configType && typedConfigOf(place.at('typed_config'), predicate.configType.value)
    // By type; by name for control planes that still send no type.
    const known =
      config === undefined ? predicate.name === PREVIOUS_HOSTS : config.typeName === PreviousHostsPredicate.$type
    if (known) avoids = true
    else place.unsupported(`the host predicate ${predicate.name} is not supported`)
  }
  return avoids
}
