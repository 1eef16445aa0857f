import type { Percent } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'

/**
 * Reads a percentage that gRPC does not read, so that what is malformed costs HTTP calls only.
 *
 * @param scope - Where it stands.
 * @param percent - The percentage.
 * @param refusals - Refusals of the cluster.
 * @returns undefined when it is none.
 */
export function translatePercent(scope: FieldScope, percent: Percent, refusals: ViewReasons): number | undefined {
  if (percent.value >= 0 && percent.value <= 100) return percent.value
  refusals.add(scope, 'must be 0 to 100', ['http'])
  return undefined
}
