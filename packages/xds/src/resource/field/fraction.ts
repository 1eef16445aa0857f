import type { Fraction } from '@inmesh/core'
import { type FractionalPercent, FractionalPercent_DenominatorType } from '@inmesh/xds-proto'
import type { FieldScope } from './field-scope.js'

const MILLION = 1_000_000

/**
 * @param scope - Where the fraction stands.
 * @param percent - The fraction; absent means none at all.
 * @returns parts of a million, at most all; undefined for a denominator that does not exist, which is reported.
 */
export function translateFraction(scope: FieldScope, percent: FractionalPercent | undefined): Fraction | undefined {
  if (percent === undefined) return { perMillion: 0 }
  const factor = partsPerUnit(percent)
  if (factor === undefined) {
    scope.at('denominator').malformed('must be HUNDRED, TEN_THOUSAND or MILLION')
    return undefined
  }
  return { perMillion: Math.min(MILLION, percent.numerator * factor) }
}

/**
 * @param percent - A fraction.
 * @returns how many parts of a million one unit of its numerator is; undefined for a denominator that does not exist.
 */
export function partsPerUnit(percent: FractionalPercent): number | undefined {
  switch (percent.denominator) {
    case FractionalPercent_DenominatorType.HUNDRED:
      return MILLION / 100
    case FractionalPercent_DenominatorType.TEN_THOUSAND:
      return MILLION / 10_000
    case FractionalPercent_DenominatorType.MILLION:
      return 1
    default:
      return undefined
  }
}
