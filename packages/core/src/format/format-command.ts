import { schemeOf } from '../call/request-view.js'
import type { HeaderEditor } from '../headers/header-editor.js'
import type { FormatContext } from './format-context.js'
import { TimeFormat } from './time-format.js'

/** Reads what a command stands for; undefined when there is nothing. `body` is that of an answer of the mesh itself. */
export type FormatCommand = (context: FormatContext, body?: string) => string | undefined

/** Why a command cannot be used: `malformed` for Envoy too, `unsupported` here only. */
export interface CommandError {
  /** Which of the two. */
  readonly kind: 'malformed' | 'unsupported'
  /** A sentence without the final stop. */
  readonly reason: string
}

/** Envoy's default for START_TIME. */
const DEFAULT_TIME = '%Y-%m-%dT%H:%M:%E3SZ'

/** Commands without arguments. */
const PLAIN: ReadonlyMap<string, FormatCommand> = new Map<string, FormatCommand>([
  ['DOWNSTREAM_REMOTE_ADDRESS', ({ request }) => withPort(request.clientAddress)],
  ['DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', ({ request }) => request.clientAddress || undefined],
  ['DOWNSTREAM_PEER_URI_SAN', ({ request }) => request.clientIdentity || undefined],
  ['UPSTREAM_HOST', ({ endpoint }) => endpoint?.key],
  ['UPSTREAM_CLUSTER', ({ clusterName }) => clusterName || undefined],
  ['RESPONSE_CODE', ({ response }) => String(response?.status ?? 0)],
  ['RESPONSE_FLAGS', ({ responseFlags }) => responseFlags],
  ['ROUTE_NAME', ({ routeName }) => routeName || undefined],
  ['LOCAL_REPLY_BODY', (_, body = '') => body],
  ['PROTOCOL', ({ request }) => (request.view === 'grpc' ? 'HTTP/2' : 'HTTP/1.1')],
])

/** Commands that Envoy knows and this version does not (Envoy, "Access logging", Command operators). */
const KNOWN_TO_ENVOY: ReadonlySet<string> = new Set(
  `ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CEL COALESCE COMMON_DURATION CONNECTION_ID CONNECTION_TERMINATION_DETAILS
  CUSTOM_FLAGS DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_PORT
  DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_LOCAL_ADDRESS
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN
  DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_CERT_V_END
  DOWNSTREAM_PEER_CERT_V_START DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256
  DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN DOWNSTREAM_PEER_FINGERPRINT_1
  DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER DOWNSTREAM_PEER_OTHERNAME_SAN
  DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_SESSION_ID
  DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT DURATION
  DYNAMIC_METADATA EMIT_TIME ENVIRONMENT FILE_CONTENT FILTER_CHAIN_NAME FILTER_STATE GRPC_STATUS GRPC_STATUS_NUMBER HOSTNAME
  METADATA PATH PER_REQUEST_STATE QUERY_PARAM QUERY_PARAMS REQUESTED_SERVER_NAME REQUEST_DURATION
  REQUEST_HEADERS_BYTES REQUEST_TX_DURATION REQ_WITHOUT_QUERY RESPONSE_CODE_DETAILS RESPONSE_DURATION RESPONSE_FLAGS_LONG
  RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION SPAN_ID START_TIME_LOCAL STREAM_ID TLS_JA3_FINGERPRINT
  TLS_JA4_FINGERPRINT TRACE_ID TRAILER UNIQUE_ID UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_POOL_READY_DURATION
  UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_FILTER_STATE UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOSTS_ATTEMPTED
  UPSTREAM_HOST_NAME UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_DNS_SAN
  UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_SUBJECT UPSTREAM_LOCAL_URI_SAN UPSTREAM_METADATA UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN
  UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_TLS_CIPHER UPSTREAM_TLS_SESSION_ID
  UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME
  VIRTUAL_HOST_NAME`.split(/\s+/),
)

/**
 * Finds what a command means.
 *
 * @param name - Its name.
 * @param argument - What stands in its parentheses; undefined without.
 * @param length - Longest result in characters, from `:n` behind it; undefined without.
 */
export function formatCommand(
  name: string,
  argument: string | undefined,
  length: number | undefined,
): FormatCommand | CommandError {
  switch (name) {
    case 'REQ':
    case 'RESP':
      return headerCommand(name, argument, length)
    case 'START_TIME':
      return length === undefined ? startTime(argument ?? '') : malformed(`${name} has no length`)
  }
  const plain = PLAIN.get(name)
  if (plain !== undefined) {
    return argument === undefined && length === undefined ? plain : malformed(`${name} has no arguments`)
  }
  if (name === 'ENVIRONMENT') return unsupported('the environment of the process is not told to others')
  return KNOWN_TO_ENVOY.has(name)
    ? unsupported(`the command ${name} is not supported`)
    : malformed(`${name} is no command`)
}

function startTime(format: string): FormatCommand | CommandError {
  if (/[\n\r]/.test(format)) return malformed('a format of times has no line breaks')
  const time = TimeFormat.parse(format === '' ? DEFAULT_TIME : format)
  if (!(time instanceof TimeFormat)) return unsupported(`${time.unknown} is not supported in formats of times`)
  return ({ startTimeMs }) => time.write(startTimeMs)
}

/** `X?Y`: the header X, or the header Y where there is no X. */
function headerCommand(
  name: 'REQ' | 'RESP',
  argument: string | undefined,
  length: number | undefined,
): FormatCommand | CommandError {
  const [main, alternative, ...more] = (argument ?? '').toLowerCase().split('?')
  if (main === undefined || main === '') return malformed(`${name} names a header in parentheses`)
  if (more.length > 0) return malformed(`${name} names two headers at most`)
  if (/\s/.test(argument!)) return malformed('names of headers have no blanks')
  const read = name === 'REQ' ? requestHeader : responseHeader
  const [first, second] = [read(main), alternative === undefined ? undefined : read(alternative)]
  const either: FormatCommand = second === undefined ? first : (context) => first(context) ?? second(context)
  return length === undefined ? either : (context) => either(context)?.slice(0, length)
}

function requestHeader(name: string): FormatCommand {
  switch (name) {
    case ':path':
      return ({ request }) => request.path
    case ':method':
      return ({ request }) => request.method
    case ':authority':
    case 'host':
      return ({ request }) => request.authority
    case ':scheme':
      return ({ request }) => schemeOf(request)
    default:
      return ({ request }) => request.header(name)
  }
}

function responseHeader(name: string): FormatCommand {
  if (name === ':status') return ({ response }) => response && String(response.status)
  return ({ response }) => header(response?.headers, name)
}

function header(headers: HeaderEditor | undefined, name: string): string | undefined {
  return headers?.get(name)
}

/** The port that the client had is not known here; Envoy too writes 0 for an address out of x-forwarded-for. */
function withPort(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined
  return address.includes(':') ? `[${address}]:0` : `${address}:0`
}

function malformed(reason: string): CommandError {
  return { kind: 'malformed', reason }
}

function unsupported(reason: string): CommandError {
  return { kind: 'unsupported', reason }
}
