import type { View } from '@inmesh/core'
import type { HttpFilter } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { filterKind } from './filter-kind.js'

/** The terminal filter of an upstream chain: it stands for the connection itself. */
const UPSTREAM_CODEC = 'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec'

/**
 * Checks a filter on the upstream side, which is held to the same rule as a listener's.
 *
 * @param scope - Where it stands.
 * @param filter - The filter.
 * @param refusals - Refusals of what has it.
 * @param views - The views that read it. Default both.
 */
export function checkUpstreamFilter(
  scope: FieldScope,
  filter: HttpFilter,
  refusals: ViewReasons,
  views?: readonly View[],
): void {
  const any = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  const config = any && typedConfigOf(scope.at('typed_config'), any)
  if (config?.typeName === UPSTREAM_CODEC) return
  const kind = filterKind(config?.typeName ?? '')
  if (kind.kind === 'harmless') scope.unsupported(kind.reason)
  else if (filter.isOptional)
    scope.unsupported('filters of the upstream side are not supported; the filter is optional')
  else refusals.add(scope, 'filters of the upstream side are not supported', views)
}
