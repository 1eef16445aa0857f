import type { FaultConfig, HeaderMatch } from '@inmesh/core'
import type { FaultAbort, FaultDelay, FaultRateLimit, FractionalPercent, HTTPFault } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { partsPerUnit, translateFraction } from '../field/fraction.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateHeaderMatch } from '../route/header-match.js'

/** gRPC's UNKNOWN: what a status that does not exist counts as (gRFC A33). */
const UNKNOWN = 2
const HIGHEST_GRPC_STATUS = 16
/** Far beyond any connection, and exact as a number of bytes. */
const HIGHEST_KBPS = 2n ** 40n

const RUNTIME = leftOut('there is no runtime to look the key up in; the values given beside it apply')

// HTTP calls have it.
const CONDITION = leftOut('gRPC reads no conditions of faults (gRFC A33), and takes the fault for every call')

const FIELDS = new FieldTreatments<HTTPFault>({
  delay: CARRIED,
  abort: CARRIED,
  upstreamCluster: CONDITION,
  headers: CONDITION,
  downstreamNodes: CONDITION,
  maxActiveFaults: CARRIED,
  // HTTP calls have it; gRFC A33 leaves it for later.
  responseRateLimit: leftOut('gRPC does not limit the rate of responses (gRFC A33); HTTP calls have it'),
  delayPercentRuntime: RUNTIME,
  abortPercentRuntime: RUNTIME,
  delayDurationRuntime: RUNTIME,
  abortHttpStatusRuntime: RUNTIME,
  maxActiveFaultsRuntime: RUNTIME,
  responseRateLimitPercentRuntime: RUNTIME,
  abortGrpcStatusRuntime: RUNTIME,
  disableDownstreamClusterStats: MOOT,
  filterMetadata: MOOT,
})

/**
 * Translates fault injection (Envoy, HTTPFault; gRFC A33). A fault that is meant for some requests only, by a condition that cannot be
 * tested, becomes no fault at all.
 *
 * @param scope - Where it stands.
 * @param fault - The configuration of the filter.
 */
export function translateFault(scope: FieldScope, fault: HTTPFault): FaultConfig {
  FIELDS.apply(scope, fault, ViewReasons.refusals())
  const delay = fault.delay === undefined ? undefined : translateDelay(scope.at('delay'), fault.delay)
  const abort = fault.abort === undefined ? undefined : translateAbort(scope.at('abort'), fault.abort)
  const responseRate =
    fault.responseRateLimit && translateRate(scope.at('response_rate_limit'), fault.responseRateLimit)
  const headers = translateHeaders(scope, fault)
  if (headers === undefined) return { kind: 'fault' }
  const { upstreamCluster, downstreamNodes, maxActiveFaults } = fault
  return {
    kind: 'fault',
    ...(delay && { delay }),
    ...(abort && { abort }),
    ...(responseRate && { responseRate }),
    ...(upstreamCluster !== '' && { upstreamCluster }),
    ...(downstreamNodes.length > 0 && { downstreamNodes }),
    ...(headers.length > 0 && { headers }),
    ...(maxActiveFaults !== undefined && { maxActive: maxActiveFaults }),
  }
}

/** @returns undefined when one of them cannot be tested, which is reported. */
function translateHeaders(scope: FieldScope, { headers }: HTTPFault): readonly HeaderMatch[] | undefined {
  const reasons = ViewReasons.faults()
  const matches: HeaderMatch[] = []
  for (const [index, matcher] of headers.entries()) {
    const match = translateHeaderMatch(scope.at('headers', index), matcher, reasons)
    if (match !== undefined) matches.push(match)
  }
  return matches.length < headers.length || reasons.has('http') || reasons.has('grpc') ? undefined : matches
}

function translateDelay(scope: FieldScope, delay: FaultDelay): FaultConfig['delay'] {
  const fraction = translateFraction(scope.at('percentage'), delay.percentage)
  const kind = delay.faultDelaySecifier
  if (kind === undefined || fraction === undefined) return undefined
  if (kind.$case === 'headerDelay') return { fraction, askedUnit: unitOf(delay.percentage) }
  const durationMs = translateDuration(scope.at('fixed_delay'), kind.value)
  return durationMs ? { fraction, durationMs } : undefined
}

function translateAbort(scope: FieldScope, abort: FaultAbort): FaultConfig['abort'] {
  const fraction = translateFraction(scope.at('percentage'), abort.percentage)
  const kind = abort.errorType
  if (kind?.$case === 'httpStatus' && (kind.value < 200 || kind.value > 599)) {
    scope.at('http_status').malformed('must be 200 to 599')
    return undefined
  }
  if (kind === undefined || fraction === undefined) return undefined
  switch (kind.$case) {
    case 'headerAbort':
      return { fraction, askedUnit: unitOf(abort.percentage) }
    case 'httpStatus':
      return { fraction, httpStatus: kind.value }
    case 'grpcStatus':
      return { fraction, grpcStatus: kind.value > HIGHEST_GRPC_STATUS ? UNKNOWN : kind.value }
  }
}

/** gRPC does not read the rate, so that one that Envoy would not take is refused, and not malformed. */
function translateRate(scope: FieldScope, rate: FaultRateLimit): FaultConfig['responseRate'] {
  const fraction = translateFraction(scope.at('percentage'), rate.percentage)
  const kind = rate.limitType
  if (kind === undefined || fraction === undefined) return undefined
  if (kind.$case === 'headerLimit') return { fraction, askedUnit: unitOf(rate.percentage) }
  const { limitKbps } = kind.value
  if (limitKbps > 0n && limitKbps <= HIGHEST_KBPS) return { fraction, kbps: Number(limitKbps) }
  ViewReasons.faults().add(scope.at('fixed_limit').at('limit_kbps'), 'must be 1 to 2^40', ['http'])
  return undefined
}

/** A share in a header is counted in the units of the configured one (Envoy, "Controlling fault injection via HTTP headers"). */
function unitOf(percentage: FractionalPercent | undefined): number {
  return (percentage && partsPerUnit(percentage)) ?? 0
}
