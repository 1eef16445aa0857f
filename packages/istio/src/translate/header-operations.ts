import { create, HeaderValue, HeaderValueOption, HeaderValueOption_HeaderAppendAction } from '@inmesh/xds-proto'
import type { HeaderChanges, HeaderOperations } from '../model/http-route.js'

/** Header changes in the form that a route and a weighted cluster share. */
export interface TranslatedHeaders {
  /** Headers to set or add, on the request. */
  readonly requestHeadersToAdd: readonly HeaderValueOption[]
  /** Headers to remove from the request. */
  readonly requestHeadersToRemove: readonly string[]
  /** Headers to set or add, on the response. */
  readonly responseHeadersToAdd: readonly HeaderValueOption[]
  /** Headers to remove from the response. */
  readonly responseHeadersToRemove: readonly string[]
  /** Host in place of the request's. A host is not a header for xDS: it is rewritten by the route. */
  readonly authority?: string
}

/** Translates header changes. */
export function translateHeaders(operations: HeaderOperations | undefined): TranslatedHeaders {
  const request = operations?.request
  const response = operations?.response
  const authority = request === undefined ? undefined : (authorityIn(request.set) ?? authorityIn(request.add))
  return {
    requestHeadersToAdd: headersToAdd(request),
    requestHeadersToRemove: (request?.remove ?? []).filter((name) => !isHost(name)),
    responseHeadersToAdd: headersToAdd(response),
    responseHeadersToRemove: (response?.remove ?? []).filter((name) => !isHost(name)),
    ...(authority === undefined ? {} : { authority }),
  }
}

/** Puts the changes of a route's only destination behind the route's own. */
export function joinHeaders(route: TranslatedHeaders, destination: TranslatedHeaders): TranslatedHeaders {
  const authority = route.authority ?? destination.authority
  return {
    requestHeadersToAdd: [...route.requestHeadersToAdd, ...destination.requestHeadersToAdd],
    requestHeadersToRemove: [...route.requestHeadersToRemove, ...destination.requestHeadersToRemove],
    responseHeadersToAdd: [...route.responseHeadersToAdd, ...destination.responseHeadersToAdd],
    responseHeadersToRemove: [...route.responseHeadersToRemove, ...destination.responseHeadersToRemove],
    ...(authority === undefined ? {} : { authority }),
  }
}

function headersToAdd(changes: HeaderChanges | undefined): readonly HeaderValueOption[] {
  if (changes === undefined) return []
  const { OVERWRITE_IF_EXISTS_OR_ADD, APPEND_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction
  return [...options(changes.set, OVERWRITE_IF_EXISTS_OR_ADD), ...options(changes.add, APPEND_IF_EXISTS_OR_ADD)]
}

function options(
  headers: Readonly<Record<string, string>>,
  appendAction: HeaderValueOption_HeaderAppendAction,
): readonly HeaderValueOption[] {
  return Object.entries(headers)
    .filter(([key]) => !isHost(key))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => create(HeaderValueOption, { header: create(HeaderValue, { key, value }), appendAction }))
}

function authorityIn(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([key]) => isHost(key))?.[1]
}

function isHost(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host'
}
