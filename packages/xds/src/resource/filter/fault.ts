import type { FaultConfig } from '@inmesh/core'
import type { FaultAbort, FaultDelay, HTTPFault } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { translateFraction } from '../field/fraction.js'
import { ViewReasons } from '../field/view-reasons.js'

/** gRPC's UNKNOWN: what a status that does not exist counts as (gRFC A33). */
const UNKNOWN = 2
const HIGHEST_GRPC_STATUS = 16

const CONDITION = leftOut('faults under this condition are not injected yet: without it they would hit every request')
const RUNTIME = leftOut('there is no runtime to look the key up in; the values given beside it apply')

const FIELDS = new FieldTreatments<HTTPFault>({
  delay: CARRIED,
  abort: CARRIED,
  upstreamCluster: CONDITION,
  headers: CONDITION,
  downstreamNodes: CONDITION,
  maxActiveFaults: CONDITION,
  responseRateLimit: leftOut('the rate of responses is not limited yet'),
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
 * Translates fault injection (Envoy, HTTPFault; gRFC A33). A fault that is meant for some requests only, by a condition that is not
 * carried out, becomes no fault at all.
 */
export function translateFault(scope: FieldScope, fault: HTTPFault): FaultConfig {
  FIELDS.apply(scope, fault, ViewReasons.refusals())
  const delay = fault.delay === undefined ? undefined : translateDelay(scope.at('delay'), fault.delay)
  const abort = fault.abort === undefined ? undefined : translateAbort(scope.at('abort'), fault.abort)
  if (isConditional(fault)) return { kind: 'fault' }
  return { kind: 'fault', ...(delay && { delay }), ...(abort && { abort }) }
}

function isConditional(fault: HTTPFault): boolean {
  return (
    fault.upstreamCluster !== '' ||
    fault.headers.length > 0 ||
    fault.downstreamNodes.length > 0 ||
    fault.maxActiveFaults !== undefined
  )
}

function translateDelay(scope: FieldScope, delay: FaultDelay): FaultConfig['delay'] {
  const fraction = translateFraction(scope.at('percentage'), delay.percentage)
  const kind = delay.faultDelaySecifier
  if (kind?.$case === 'headerDelay') {
    scope.at('header_delay').unsupported('delays asked for by request headers are not injected yet')
  } else if (kind?.$case === 'fixedDelay') {
    const durationMs = translateDuration(scope.at('fixed_delay'), kind.value)
    if (durationMs && fraction !== undefined) return { durationMs, fraction }
  }
  return undefined
}

function translateAbort(scope: FieldScope, abort: FaultAbort): FaultConfig['abort'] {
  const fraction = translateFraction(scope.at('percentage'), abort.percentage)
  const kind = abort.errorType
  if (kind?.$case === 'headerAbort') {
    scope.at('header_abort').unsupported('aborts asked for by request headers are not injected yet')
  } else if (kind?.$case === 'httpStatus' && (kind.value < 200 || kind.value > 599)) {
    scope.at('http_status').malformed('must be 200 to 599')
  } else if (kind !== undefined && fraction !== undefined) {
    if (kind.$case === 'httpStatus') return { fraction, httpStatus: kind.value }
    return { fraction, grpcStatus: kind.value > HIGHEST_GRPC_STATUS ? UNKNOWN : kind.value }
  }
  return undefined
}
