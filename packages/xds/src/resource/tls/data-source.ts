import type { DataSource } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'

/**
 * Reads what stands in a resource itself. A control plane does not get to name files or variables of the process: what a file holds would go where
 * the same control plane says.
 *
 * @param scope - The source.
 * @param source - The source.
 * @param refusals - Refusals of the cluster.
 * @returns undefined where it cannot be used, which is among the refusals then.
 */
export function readInline(scope: FieldScope, source: DataSource, refusals: ViewReasons): string | undefined {
  const { specifier } = source
  switch (specifier?.$case) {
    case 'inlineString':
      return specifier.value
    case 'inlineBytes':
      return new TextDecoder().decode(specifier.value)
    case 'filename':
      refusals.add(scope.at('filename'), 'files are not read')
      return undefined
    case 'environmentVariable':
      refusals.add(scope.at('environment_variable'), 'the environment is not read')
      return undefined
    case undefined:
      refusals.add(scope, 'it says nothing')
      return undefined
  }
}
