import type { SessionCookie, SessionHeader, StatefulSessionConfig } from '@inmesh/core'
import {
  CookieBasedSessionState,
  HeaderBasedSessionState,
  type StatefulSession,
  type StatefulSessionPerRoute,
} from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, MOOT } from '../field/field-treatments.js'
import { checkHeaderText } from '../field/header-text.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'

const FIELDS = new FieldTreatments<StatefulSession>({ sessionState: CARRIED, strict: CARRIED, statPrefix: MOOT })

/**
 * Translates how sessions are pinned to endpoints. Without a state none are.
 *
 * @param scope - Where the configuration stands.
 * @param message - The configuration.
 * @param refusals - Refusals of the part it is for.
 */
export function translateStatefulSession(
  scope: FieldScope,
  message: StatefulSession,
  refusals: ViewReasons,
): StatefulSessionConfig {
  FIELDS.apply(scope, message, refusals)
  const state = message.sessionState && translateState(scope.at('session_state'), message.sessionState, refusals)
  return { kind: 'stateful-session', strict: message.strict, ...(state && { state }) }
}

/** Translates what a route says of sessions. */
export function translateSessionOverride(
  scope: FieldScope,
  { override }: StatefulSessionPerRoute,
  refusals: ViewReasons,
): StatefulSessionConfig {
  if (override?.$case !== 'statefulSession') return { kind: 'stateful-session', strict: false }
  return translateStatefulSession(scope.at('stateful_session'), override.value, refusals)
}

function translateState(
  scope: FieldScope,
  state: NonNullable<StatefulSession['sessionState']>,
  refusals: ViewReasons,
): SessionCookie | SessionHeader | undefined {
  const place = scope.at('typed_config')
  const config = state.typedConfig && typedConfigOf(place, state.typedConfig)
  if (config === undefined) return undefined
  if (config.typeName === CookieBasedSessionState.$type) {
    const message = decodeConfig(place, CookieBasedSessionState, config)
    return message && translateCookie(place.at('cookie'), message)
  }
  if (config.typeName === HeaderBasedSessionState.$type) {
    const message = decodeConfig(place, HeaderBasedSessionState, config)
    refusals.add(place, 'gRPC keeps sessions in cookies only (gRFC A55)', ['grpc'])
    if (message === undefined) return undefined
    if (message.name === '') place.at('name').malformed('the name is missing')
    return { kind: 'header', name: message.name.toLowerCase() }
  }
  place.unsupported(`sessions are not kept as ${config.typeName}; requests are balanced without them`)
  return undefined
}

function translateCookie(scope: FieldScope, { cookie }: CookieBasedSessionState): SessionCookie | undefined {
  if (cookie === undefined || cookie.name === '') {
    scope.at('name').malformed('the name is missing')
    return undefined
  }
  const ttlMs = (cookie.ttl && translateDuration(scope.at('ttl'), cookie.ttl)) ?? 0
  const attributes = cookie.attributes.map(({ name, value }) => (value === '' ? name : `${name}=${value}`))
  const texts = [cookie.name, cookie.path, ...attributes]
  if (!texts.every((text) => text === '' || checkHeaderText(scope, text))) return undefined
  return { kind: 'cookie', name: cookie.name, path: cookie.path, ttlMs, attributes }
}
