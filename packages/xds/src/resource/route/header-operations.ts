import type { HeaderAddition, HeaderAppendAction, HeaderLevel, HeaderOperations } from '@inmesh/core'
import { type HeaderValueOption, HeaderValueOption_HeaderAppendAction } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateFormat } from '../field/format-string.js'
import { checkHeaderText } from '../field/header-text.js'
import type { ViewReasons } from '../field/view-reasons.js'

/** The fields that routes, virtual hosts, weighted clusters and route configurations have in common. */
interface HeaderFields {
  readonly requestHeadersToAdd: readonly HeaderValueOption[]
  readonly requestHeadersToRemove: readonly string[]
  readonly responseHeadersToAdd: readonly HeaderValueOption[]
  readonly responseHeadersToRemove: readonly string[]
}

/** RFC 9110, 5.6.2: a token. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Translates the header changes of one level. They are HTTP's: no gRFC has them.
 *
 * @param scope - The message that has them.
 * @param fields - The message.
 * @param refusals - Refusals of what the message is for.
 */
export function translateHeaderLevel(scope: FieldScope, fields: HeaderFields, refusals: ViewReasons): HeaderLevel {
  const request = translateOperations(
    scope,
    'request',
    fields.requestHeadersToAdd,
    fields.requestHeadersToRemove,
    refusals,
  )
  const response = translateOperations(
    scope,
    'response',
    fields.responseHeadersToAdd,
    fields.responseHeadersToRemove,
    refusals,
  )
  return { ...(request && { requestHeaders: request }), ...(response && { responseHeaders: response }) }
}

function translateOperations(
  scope: FieldScope,
  side: 'request' | 'response',
  additions: readonly HeaderValueOption[],
  removals: readonly string[],
  refusals: ViewReasons,
): HeaderOperations | undefined {
  if (additions.length === 0 && removals.length === 0) return undefined
  const add = additions.flatMap((option, index) => {
    const place = scope.at(`${side}_headers_to_add`, index)
    return checkChangeable(place.at('header').at('key'), option.header?.key ?? '')
      ? (translateAddition(place, option, refusals) ?? [])
      : []
  })
  const remove = removals.filter((name, index) => checkChangeable(scope.at(`${side}_headers_to_remove`, index), name))
  return { add, remove: remove.map((name) => name.toLowerCase()) }
}

/** The request line is changed by rewrites only (Envoy: ":-prefixed or host headers may not be modified"). */
function checkChangeable(scope: FieldScope, name: string): boolean {
  if (!name.startsWith(':') && name.toLowerCase() !== 'host') return checkHeaderName(scope, name)
  scope.malformed('host and headers that begin with a colon cannot be changed')
  return false
}

/**
 * @param scope - Where the name stands.
 * @param name - Name of a header.
 * @returns whether it is one; if not, that is reported.
 */
export function checkHeaderName(scope: FieldScope, name: string): boolean {
  if (NAME.test(name)) return true
  scope.malformed(name === '' ? 'the name is missing' : 'is no name of a header')
  return false
}

/**
 * Translates a header that is added or put in the place of others; its name is checked by the caller.
 *
 * @param scope - Where it stands.
 * @param option - The header.
 * @param refusals - Refusals of what it is for.
 * @returns undefined when it is malformed or cannot be used, which is reported.
 */
export function translateAddition(
  scope: FieldScope,
  option: HeaderValueOption,
  refusals: ViewReasons,
): HeaderAddition | undefined {
  const { key = '', value = '', rawValue } = option.header ?? {}
  const place = scope.at('header').at('value')
  if (rawValue !== undefined && rawValue.length > 0) {
    refusals.add(scope.at('header').at('raw_value'), 'values of headers are texts', ['http'])
  }
  const action = translateAction(scope, option)
  if (!checkHeaderText(place, value)) return undefined
  const format = translateFormat(place, value, refusals)
  if (action === undefined || format === undefined) return undefined
  return { name: key.toLowerCase(), value: format, action, keepEmpty: option.keepEmptyValue }
}

function translateAction(
  scope: FieldScope,
  { append, appendAction }: HeaderValueOption,
): HeaderAppendAction | undefined {
  const { APPEND_IF_EXISTS_OR_ADD, ADD_IF_ABSENT, OVERWRITE_IF_EXISTS_OR_ADD, OVERWRITE_IF_EXISTS } =
    HeaderValueOption_HeaderAppendAction
  if (append !== undefined && appendAction !== APPEND_IF_EXISTS_OR_ADD) {
    scope.at('append').malformed('append and append_action exclude each other')
    return undefined
  }
  switch (appendAction) {
    case APPEND_IF_EXISTS_OR_ADD:
      return append === false ? 'overwrite' : 'append'
    case ADD_IF_ABSENT:
      return 'add-if-absent'
    case OVERWRITE_IF_EXISTS_OR_ADD:
      return 'overwrite'
    case OVERWRITE_IF_EXISTS:
      return 'overwrite-if-present'
    default:
      scope.at('append_action').malformed('is not a value of HeaderAppendAction')
      return undefined
  }
}
