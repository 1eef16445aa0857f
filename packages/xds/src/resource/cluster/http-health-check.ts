import type { HttpCheck, StatusRange } from '@inmesh/core'
import {
  CodecClientType,
  enumName,
  type HealthCheck_HttpHealthCheck,
  type Int64Range,
  RequestMethod,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateStringMatch } from '../route/string-match.js'
import { translateCheckHeaders } from './health-check-headers.js'
import { translatePayload, translatePayloads } from './health-check-payload.js'

const DEFAULT_RESPONSE_BUFFER_SIZE = 1024n

/** Envoy: "if not set, 200 only". */
const OK: StatusRange = { start: 200, end: 201 }

const FIELDS = new FieldTreatments<HealthCheck_HttpHealthCheck>({
  host: CARRIED,
  path: CARRIED,
  send: CARRIED,
  receive: CARRIED,
  responseBufferSize: CARRIED,
  requestHeadersToAdd: CARRIED,
  requestHeadersToRemove: CARRIED,
  expectedStatuses: CARRIED,
  retriableStatuses: CARRIED,
  codecClientType: (codec) =>
    codec === CodecClientType.HTTP1 ? CARRIED : leftOut('endpoints are checked over HTTP/1.1 only; they count as well'),
  serviceNameMatcher: CARRIED,
  method: CARRIED,
})

const WITHOUT_BODY: readonly RequestMethod[] = [
  RequestMethod.METHOD_UNSPECIFIED,
  RequestMethod.GET,
  RequestMethod.HEAD,
  RequestMethod.DELETE,
  RequestMethod.TRACE,
]

/**
 * @param scope - Where the check stands.
 * @param check - The check.
 * @param refusals - Refusals of the cluster.
 * @returns undefined when it is asked for over another protocol: a server that does not speak HTTP/1.1 would seem ill.
 */
export function translateHttpCheck(
  scope: FieldScope,
  check: HealthCheck_HttpHealthCheck,
  refusals: ViewReasons,
): HttpCheck | undefined {
  FIELDS.apply(scope, check, refusals)
  const { path, host, method, serviceNameMatcher } = check
  if (path === '') refusals.add(scope.at('path'), 'the path is missing', ['http'])
  if (method === RequestMethod.CONNECT) refusals.add(scope.at('method'), 'must not be CONNECT', ['http'])
  if (check.send !== undefined && WITHOUT_BODY.includes(method)) {
    refusals.add(scope.at('send'), 'the method has no body', ['http'])
  }
  const send = check.send && translatePayload(scope.at('send'), check.send, refusals)
  const expected = ranges(scope, 'expected_statuses', check.expectedStatuses, refusals)
  const matched = serviceNameMatcher && translateStringMatch(scope.at('service_name_matcher'), serviceNameMatcher)
  if (matched === 'unsupported') {
    refusals.add(scope.at('service_name_matcher').at('custom'), 'custom matchers are not supported', ['http'])
  }
  const serviceName = matched === 'unsupported' ? undefined : matched
  if (check.codecClientType !== CodecClientType.HTTP1) return undefined
  return {
    kind: 'http',
    path,
    host,
    method: method === RequestMethod.METHOD_UNSPECIFIED ? 'GET' : enumName(RequestMethod, method),
    headers: [
      ...check.requestHeadersToRemove.map((name) => [name.toLowerCase(), ''] as const),
      ...translateCheckHeaders(scope, 'request_headers_to_add', check.requestHeadersToAdd),
    ],
    ...(send && { send }),
    receive: translatePayloads(scope, check.receive, refusals),
    responseBufferSize: Number(check.responseBufferSize ?? DEFAULT_RESPONSE_BUFFER_SIZE),
    expected: expected.length === 0 ? [OK] : expected,
    retriable: ranges(scope, 'retriable_statuses', check.retriableStatuses, refusals),
    ...(serviceName && { serviceName }),
  }
}

function ranges(
  scope: FieldScope,
  field: string,
  values: readonly Int64Range[],
  refusals: ViewReasons,
): readonly StatusRange[] {
  return values.map(({ start, end }, index) => {
    if (start < 100n || end > 600n || start >= end) {
      refusals.add(scope.at(field, index), 'must be a range within 100 to 600', ['http'])
    }
    return { start: Number(start), end: Number(end) }
  })
}
