import {
  create,
  FractionalPercent,
  FractionalPercent_DenominatorType,
  RuntimeFractionalPercent,
} from '@inmesh/xds-proto'

const partsPerPercent = 10_000

/**
 * @param percent - 0 to 100, with fractions.
 * @returns parts of a million.
 */
export function fractionalPercent(percent: number): FractionalPercent {
  return create(FractionalPercent, {
    numerator: Math.round(percent * partsPerPercent),
    denominator: FractionalPercent_DenominatorType.MILLION,
  })
}

/** As {@link fractionalPercent}, where a runtime key could change it. */
export function runtimeFraction(percent: number): RuntimeFractionalPercent {
  return create(RuntimeFractionalPercent, { defaultValue: fractionalPercent(percent) })
}
