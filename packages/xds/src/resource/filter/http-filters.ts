import type { HttpFilter, RouterOptions } from '@inmesh/core'
import type { HttpFilter as HttpFilterMessage } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { type TypedConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { type FilterKind, filterKind } from './filter-kind.js'
import { translateRouter } from './router.js'

interface Entry {
  readonly scope: FieldScope
  readonly message: HttpFilterMessage
  readonly config: TypedConfig
  readonly kind: FilterKind
  readonly last: boolean
}

/**
 * Translates a listener's `http_filters` (gRFC A39). The terminal router is told apart; harmless filters are skipped and listed; a filter
 * that may deny, limit or change requests and is not supported refuses every call of the listener.
 *
 * @param scope - The message that has the filters.
 * @param messages - The filters.
 * @param refusals - Refusals of the listener as a whole.
 */
export function translateHttpFilters(
  scope: FieldScope,
  messages: readonly HttpFilterMessage[],
  refusals: ViewReasons,
): { readonly filters: readonly HttpFilter[]; readonly router?: RouterOptions } {
  if (messages.length === 0) scope.at('http_filters').malformed('at least the router must be there')
  checkNames(scope, messages, refusals)
  const entries: Entry[] = []
  for (const [index, message] of messages.entries()) {
    const last = index === messages.length - 1
    const entry = readEntry(scope.at('http_filters', index), message, last)
    if (entry !== undefined) entries.push(entry)
  }
  checkTerminal(entries)
  const filters = entries.flatMap((entry) => translateEntry(entry, refusals) ?? [])
  const last = entries.at(-1)
  if (last?.kind.kind !== 'router') return { filters }
  return { filters, ...translateRouter(last.scope.at('typed_config'), last.config, refusals) }
}

/** Envoy takes a name twice, and overrides by that name then go to both; gRPC does not (gRFC A39). */
function checkNames(scope: FieldScope, messages: readonly HttpFilterMessage[], refusals: ViewReasons): void {
  const names = new Set<string>()
  for (const [index, { name }] of messages.entries()) {
    const place = scope.at('http_filters', index).at('name')
    if (name === '') place.malformed('the name is missing')
    else if (names.has(name)) refusals.add(place, `there are two filters named ${name}`, ['grpc'])
    names.add(name)
  }
}

function readEntry(scope: FieldScope, message: HttpFilterMessage, last: boolean): Entry | undefined {
  const type = message.configType
  if (type?.$case === 'typedConfig') {
    const config = typedConfigOf(scope.at('typed_config'), type.value)
    return config && { scope, message, config, kind: filterKind(config.typeName), last }
  }
  if (type?.$case === 'configDiscovery') {
    const reason = 'filters whose configuration is discovered apart are not supported'
    const place = scope.at('config_discovery')
    return { scope: place, message, config: { typeName: '', bytes: undefined }, kind: { kind: 'guard', reason }, last }
  } else if (message.isOptional) {
    scope.unsupported('the filter has no configuration')
  } else {
    scope.malformed('the filter has no configuration')
  }
  return undefined
}

/** A filter of unknown type may well be a terminal one: then the listener is refused, which has been seen to, and not malformed. */
function checkTerminal(entries: readonly Entry[]): void {
  for (const { scope, kind, message, last } of entries) {
    if (kind.kind === 'router' && !last) scope.malformed('the router must be the last filter')
    if (
      last &&
      (kind.kind === 'carried' || kind.kind === 'harmless' || (kind.kind === 'guard' && message.isOptional))
    ) {
      scope.malformed('the last filter must be the router')
    }
  }
}

function translateEntry(entry: Entry, refusals: ViewReasons): HttpFilter | undefined {
  const { scope, message, config, kind } = entry
  switch (kind.kind) {
    case 'router':
      return undefined
    case 'harmless':
      scope.unsupported(kind.reason)
      return undefined
    case 'guard':
      guardOrSkip(scope, message, kind.reason, refusals)
      return dormantGuard(message, kind.reason)
    case 'carried': {
      const place = scope.at('typed_config')
      if (kind.base === undefined) {
        const reason = `${config.typeName} configures overrides only`
        guardOrSkip(place, message, reason, refusals)
        return dormantGuard(message, reason)
      }
      const translated = kind.base(place, config, refusals)
      if (translated === undefined) return undefined
      if (kind.grpcRefusal !== undefined) refuseGrpc(scope, message, kind.grpcRefusal, refusals)
      return { name: message.name, config: translated, disabled: message.disabled }
    }
  }
}

function refuseGrpc(
  scope: FieldScope,
  { isOptional, disabled }: HttpFilterMessage,
  reason: string,
  refusals: ViewReasons,
): void {
  if (isOptional || disabled) scope.unsupported(`${reason}; gRPC calls pass the filter by`)
  else refusals.add(scope, reason, ['grpc'])
}

/** A filter that is off may be turned on by a route, whose calls then fail. */
function dormantGuard({ name, isOptional, disabled }: HttpFilterMessage, reason: string): HttpFilter | undefined {
  return disabled && !isOptional ? { name, config: { kind: 'guard', reason }, disabled } : undefined
}

function guardOrSkip(scope: FieldScope, message: HttpFilterMessage, reason: string, refusals: ViewReasons): void {
  if (message.isOptional) scope.unsupported(`${reason}; the filter is optional`)
  else if (message.disabled) scope.unsupported(`${reason}; the filter is off, and calls to routes that turn it on fail`)
  else refusals.add(scope, reason)
}
