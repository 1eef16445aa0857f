import type { HeaderAppendAction, HeaderMutation, HeaderMutationConfig, QueryMutation } from '@inmesh/core'
import {
  type HttpHeaderMutations,
  KeyValueAppend_KeyValueAppendAction,
  type KeyValueMutation,
  type HeaderMutation as MutationMessage,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, refusedForHttp } from '../field/field-treatments.js'
import { translateFormat } from '../field/format-string.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { checkHeaderName, translateAddition } from '../route/header-operations.js'
import { translateStringMatch } from '../route/string-match.js'

const TRAILERS = refusedForHttp('trailers are not changed')

const FIELDS = new FieldTreatments<HttpHeaderMutations>({
  requestMutations: CARRIED,
  responseMutations: CARRIED,
  queryParameterMutations: CARRIED,
  requestTrailersMutations: TRAILERS,
  responseTrailersMutations: TRAILERS,
})

/** Parts of the request line that this filter may change, unlike routes. */
const REQUEST_PARTS: ReadonlySet<string> = new Set([':path', ':method', ':authority'])

/**
 * Translates the changes of a header mutation filter.
 *
 * @param scope - Where the changes stand.
 * @param mutations - The changes; absent means none.
 * @param refusals - Refusals of the part they are for.
 */
export function translateHeaderMutations(
  scope: FieldScope,
  mutations: HttpHeaderMutations | undefined,
  refusals: ViewReasons,
): HeaderMutationConfig {
  if (mutations === undefined) return { kind: 'header-mutation', request: [], query: [], response: [] }
  FIELDS.apply(scope, mutations, refusals)
  return {
    kind: 'header-mutation',
    request: translateMutations(scope, 'request_mutations', mutations.requestMutations, REQUEST_PARTS, refusals),
    query: mutations.queryParameterMutations.flatMap((mutation, index) => {
      return translateQuery(scope.at('query_parameter_mutations', index), mutation, refusals) ?? []
    }),
    response: translateMutations(scope, 'response_mutations', mutations.responseMutations, new Set(), refusals),
  }
}

function translateMutations(
  scope: FieldScope,
  field: string,
  mutations: readonly MutationMessage[],
  parts: ReadonlySet<string>,
  refusals: ViewReasons,
): readonly HeaderMutation[] {
  return mutations.flatMap((mutation, index) => {
    return translateMutation(scope.at(field, index), mutation, parts, refusals) ?? []
  })
}

/**
 * Translates one change of headers.
 *
 * @param scope - Where it stands.
 * @param mutation - The change.
 * @param parts - Names beginning with a colon that may be changed.
 * @param refusals - Refusals of the part it is for.
 * @returns undefined when it is malformed or cannot be used, which is reported.
 */
export function translateMutation(
  scope: FieldScope,
  { action }: MutationMessage,
  parts: ReadonlySet<string>,
  refusals: ViewReasons,
): HeaderMutation | undefined {
  switch (action?.$case) {
    case 'append': {
      const name = action.value.header?.key ?? ''
      const place = scope.at('append')
      if (!checkName(place.at('header').at('key'), name, parts, refusals)) return undefined
      const addition = translateAddition(place, action.value, refusals)
      return addition && { kind: 'add', addition }
    }
    case 'remove': {
      const valid = checkName(scope.at('remove'), action.value, new Set(), refusals)
      return valid ? { kind: 'remove', name: action.value.toLowerCase() } : undefined
    }
    case 'removeOnMatch': {
      const place = scope.at('remove_on_match').at('key_matcher')
      const match = action.value.keyMatcher && translateStringMatch(place, action.value.keyMatcher)
      if (match === 'unsupported') refusals.add(place, 'custom matchers are not supported', ['http'])
      else if (match !== undefined) return { kind: 'remove-matching', match }
      else if (action.value.keyMatcher === undefined) place.malformed('the matcher is missing')
      return undefined
    }
    case undefined:
      scope.malformed('one of append, remove and remove_on_match is required')
      return undefined
  }
}

function checkName(scope: FieldScope, name: string, parts: ReadonlySet<string>, refusals: ViewReasons): boolean {
  const lower = name.toLowerCase()
  if (!lower.startsWith(':')) return checkHeaderName(scope, name)
  if (parts.has(lower)) return true
  refusals.add(scope, `${name} cannot be changed`, ['http'])
  return false
}

function translateQuery(
  scope: FieldScope,
  { append, remove }: KeyValueMutation,
  refusals: ViewReasons,
): QueryMutation | undefined {
  if (append === undefined) {
    if (remove !== '') return { kind: 'remove', name: remove }
    scope.malformed('append or remove is required')
    return undefined
  }
  const place = scope.at('append')
  const { key, value } = append.record ?? { key: '', value: undefined }
  if (key === '' || typeof value !== 'string') {
    place.at('record').malformed('a key and a text as value are required')
    return undefined
  }
  const action = translateAction(place.at('action'), append.action)
  const format = translateFormat(place.at('record').at('value'), value, refusals)
  return action && format && { kind: 'add', name: key, value: format, action }
}

function translateAction(
  scope: FieldScope,
  action: KeyValueAppend_KeyValueAppendAction,
): HeaderAppendAction | undefined {
  switch (action) {
    case KeyValueAppend_KeyValueAppendAction.APPEND_IF_EXISTS_OR_ADD:
      return 'append'
    case KeyValueAppend_KeyValueAppendAction.ADD_IF_ABSENT:
      return 'add-if-absent'
    case KeyValueAppend_KeyValueAppendAction.OVERWRITE_IF_EXISTS_OR_ADD:
      return 'overwrite'
    case KeyValueAppend_KeyValueAppendAction.OVERWRITE_IF_EXISTS:
      return 'overwrite-if-present'
    default:
      scope.malformed('is not a value of KeyValueAppendAction')
      return undefined
  }
}
