import { create, durationFromMilliseconds, FaultAbort, FaultDelay, HTTPFault } from '@inmesh/xds-proto'
import type { HttpFault } from '../model/http-route.js'
import { fractionalPercent } from './fraction.js'

/**
 * Translates the faults of a route.
 *
 * @returns the configuration of the fault filter for the route, or undefined when there is nothing to do.
 */
export function httpFault(fault: HttpFault): HTTPFault | undefined {
  if (fault.delay === undefined && fault.abort === undefined) return undefined
  return create(HTTPFault, {
    delay:
      fault.delay === undefined
        ? undefined
        : create(FaultDelay, {
            faultDelaySecifier: { $case: 'fixedDelay', value: durationFromMilliseconds(fault.delay.durationMs) },
            percentage: fractionalPercent(fault.delay.percent),
          }),
    abort:
      fault.abort === undefined
        ? undefined
        : create(FaultAbort, {
            errorType: {
              $case: fault.abort.status.kind === 'http' ? 'httpStatus' : 'grpcStatus',
              value: fault.abort.status.code,
            },
            percentage: fractionalPercent(fault.abort.percent),
          }),
  })
}
