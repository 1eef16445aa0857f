import type { FilterConfig, FilterOverrides, FilterSwitch, View } from '@inmesh/core'
import { type Any, RouteFilterConfig } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { filterKind } from './filter-kind.js'

/** No overrides; one object, as most routes have none. */
const NO_OVERRIDES: FilterOverrides = new Map()

/**
 * Translates `typed_per_filter_config` (gRFC A39). A name that the listener does not have is no error: the two come in different
 * resources. An override that configures a filter which may deny, limit or change requests, and is not supported, refuses the part it
 * stands in.
 *
 * @param scope - The message that has the overrides.
 * @param overrides - Configurations by filter instance name.
 * @param refusals - Refusals of the part the overrides are for.
 */
export function translateFilterOverrides(
  scope: FieldScope,
  overrides: ReadonlyMap<string, Any>,
  refusals: ViewReasons,
): FilterOverrides {
  if (overrides.size === 0) return NO_OVERRIDES
  const translated = new Map<string, FilterConfig | FilterSwitch>()
  for (const [name, any] of overrides) {
    const override = translateOverride(scope.at('typed_per_filter_config', name), any, refusals)
    if (override !== undefined) translated.set(name, override)
  }
  return translated
}

function translateOverride(
  scope: FieldScope,
  any: Any,
  refusals: ViewReasons,
): FilterConfig | FilterSwitch | undefined {
  const config = typedConfigOf(scope, any)
  if (config === undefined) return undefined
  if (config.typeName !== RouteFilterConfig.$type) {
    return translateConfig(scope, any, false, refusals)
  }
  const wrapper = decodeConfig(scope, RouteFilterConfig, config)
  if (wrapper === undefined) return undefined
  if (wrapper.disabled) return 'disabled'
  const place = scope.at('config')
  if (wrapper.config === undefined) {
    place.malformed('the configuration is missing; an empty one turns the filter on')
    return undefined
  }
  if (wrapper.config.typeUrl === '') {
    refusals.add(place, 'gRPC takes no override without configuration (gRFC A39)', ['grpc'])
    return 'enabled'
  }
  return translateConfig(place, wrapper.config, wrapper.isOptional, refusals)
}

function translateConfig(
  scope: FieldScope,
  any: Any,
  optional: boolean,
  refusals: ViewReasons,
): FilterConfig | undefined {
  const config = typedConfigOf(scope, any)
  if (config === undefined) return undefined
  const kind = filterKind(config.typeName)
  switch (kind.kind) {
    case 'router':
      return undefined
    case 'harmless':
      scope.unsupported(kind.reason)
      return undefined
    case 'guard':
      if (optional) scope.unsupported(`${kind.reason}; the filter is optional`)
      else refusals.add(scope, kind.reason)
      return undefined
    case 'carried': {
      const refuse = (reason: string, views?: readonly View[]): void => {
        if (optional) scope.unsupported(`${reason}; the override is optional`)
        else refusals.add(scope, reason, views)
      }
      if (kind.override === undefined) {
        refuse(`${config.typeName} configures listeners only`)
        return undefined
      }
      if (kind.grpcRefusal !== undefined) refuse(kind.grpcRefusal, ['grpc'])
      return kind.override(scope, config, refusals)
    }
  }
}
