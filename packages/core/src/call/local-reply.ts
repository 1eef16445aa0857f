import type { MeshErrorCode } from '../errors/error-codes.js'

/**
 * Envoy's response flags, as access logs show them (Envoy, "Access logging", %RESPONSE_FLAGS%): NR no route, NC no cluster, UH no healthy
 * upstream, UO overflow, UF connection failure, UC connection termination, UT upstream timeout, URX retries used up, SI idle stream, DC caller went away, DO drop overload, DI delay injected,
 * FI fault injected, DPE protocol error of the caller, IH invalid header of Envoy's, DT and UMSDR stream that lasted too long, in all and to the upstream. `-` stands for none.
 */
export type ResponseFlag =
  | '-'
  | 'NR'
  | 'NC'
  | 'UH'
  | 'UO'
  | 'UF'
  | 'UC'
  | 'UT'
  | 'URX'
  | 'SI'
  | 'DC'
  | 'DO'
  | 'DI'
  | 'FI'
  | 'DPE'
  | 'IH'
  | 'DT'
  | 'UMSDR'

/** gRPC status codes that the mesh itself gives (grpc.io, "Status codes and their use in gRPC"). */
export const GrpcStatus = Object.freeze({
  /** It went well. */
  OK: 0,
  /** The caller gave up. */
  CANCELLED: 1,
  /** No better status fits. */
  UNKNOWN: 2,
  /** The time limit passed. */
  DEADLINE_EXCEEDED: 4,
  /** The caller may not do this. */
  PERMISSION_DENIED: 7,
  /** There is no such method. */
  UNIMPLEMENTED: 12,
  /** Something that must hold does not. */
  INTERNAL: 13,
  /** Nobody can serve the call now; it may be tried again. */
  UNAVAILABLE: 14,
  /** The caller did not prove who it is. */
  UNAUTHENTICATED: 16,
} as const)

const GRPC_FROM_HTTP: ReadonlyMap<number, number> = new Map([
  [400, GrpcStatus.INTERNAL],
  [401, GrpcStatus.UNAUTHENTICATED],
  [403, GrpcStatus.PERMISSION_DENIED],
  [404, GrpcStatus.UNIMPLEMENTED],
  [429, GrpcStatus.UNAVAILABLE],
  [502, GrpcStatus.UNAVAILABLE],
  [503, GrpcStatus.UNAVAILABLE],
  [504, GrpcStatus.UNAVAILABLE],
])

/**
 * How an HTTP status that the mesh gives looks to a gRPC call (grpc.io, "HTTP to gRPC Status Code Mapping"; gRFC A33).
 *
 * @param status - HTTP status.
 * @returns gRPC status; UNKNOWN for those that the mapping does not name.
 */
export function grpcFromHttp(status: number): number {
  return GRPC_FROM_HTTP.get(status) ?? GrpcStatus.UNKNOWN
}

/** An answer that the mesh gives in place of an upstream. HTTP carriers make a response of it, gRPC carriers a status. */
export interface LocalReply {
  /** Tag of the unions it is part of. */
  readonly kind: 'local-reply'
  /** HTTP status, 200 to 599. */
  readonly httpStatus: number
  /** gRPC status, 0 to 16. */
  readonly grpcStatus: number
  /** Headers for HTTP, names in lower case and values in turn; length and type of the body are not among them. */
  readonly headers?: readonly string[]
  /** Body for HTTP as Envoy words it or as configured; may be empty. */
  readonly body: string | Uint8Array
  /** Envoy's flag; `-` for an answer that the configuration asks for. */
  readonly flag: ResponseFlag
  /** Code of the error where the carrier raises one. Absent for an answer that the configuration asks for: that is always a response. */
  readonly code?: MeshErrorCode
  /** Whether it goes out as it is, whatever the listener says of such answers (Envoy: the answer to a preflight request). Default false. */
  readonly verbatim?: boolean
  /** What happened, for people: names the route, cluster or endpoint concerned. */
  readonly detail: string
}

function reply(
  httpStatus: number,
  grpcStatus: number,
  flag: ResponseFlag,
  code: MeshErrorCode,
  body: string,
  detail: string,
): LocalReply {
  return Object.freeze({ kind: 'local-reply', httpStatus, grpcStatus, body, flag, code, detail })
}

const RESET_BODY = 'upstream connect error or disconnect/reset before headers. reset reason: '

/** Makers of the replies that Envoy gives, with its statuses and bodies. */
export const localReplies = {
  /**
   * An answer that the configuration asks for: a redirect, a direct response, the answer to a preflight request.
   *
   * @param httpStatus - 200 to 599.
   * @param headers - Names in lower case and values in turn.
   * @param body - May be empty.
   * @param detail - Which part of the configuration asks for it.
   */
  configured: (
    httpStatus: number,
    headers: readonly string[],
    body: string | Uint8Array,
    detail: string,
  ): LocalReply => ({
    kind: 'local-reply',
    httpStatus,
    grpcStatus: grpcFromHttp(httpStatus),
    headers,
    body,
    flag: '-',
    detail,
  }),
  /** No virtual host or no route matches. Envoy answers 404 without a body, gRPC UNAVAILABLE (gRFC A27). */
  noRoute: (detail: string): LocalReply => reply(404, GrpcStatus.UNAVAILABLE, 'NR', 'ERR_INMESH_NO_ROUTE', '', detail),
  /** The route asks for something that cannot be done. */
  routeRefused: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'NR', 'ERR_INMESH_ROUTE_UNSUPPORTED', `route not supported: ${detail}`, detail),
  /** A header by which the request steers the mesh has a value that it cannot have. */
  invalidHeader: (name: string, value: string): LocalReply => {
    const detail = `invalid header '${name}' with value '${value}'`
    return reply(400, GrpcStatus.INTERNAL, 'IH', 'ERR_INMESH_HEADER_INVALID', detail, detail)
  },
  /** The cluster does not exist or is in error. */
  noCluster: (detail: string, httpStatus = 503): LocalReply =>
    reply(httpStatus, GrpcStatus.UNAVAILABLE, 'NC', 'ERR_INMESH_NO_CLUSTER', '', detail),
  /** The target cannot be used: the control plane's answer for it was refused. */
  targetFailed: (code: MeshErrorCode, detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'NC', code, '', detail),
  /** The target's configuration did not arrive in time. */
  notReady: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'NC', 'ERR_INMESH_NOT_READY', '', detail),
  /** The cluster has no endpoint to pick. */
  noHealthyEndpoint: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'UH', 'ERR_INMESH_NO_HEALTHY_ENDPOINT', 'no healthy upstream', detail),
  /** A host that the control plane does not know may not be called (Istio, `REGISTRY_ONLY`, answers 502 without a body). */
  outboundRefused: (authority: string): LocalReply =>
    reply(
      502,
      GrpcStatus.UNAVAILABLE,
      'NR',
      'ERR_INMESH_OUTBOUND_REFUSED',
      '',
      `${authority} is not in the mesh, and the outbound policy is registry-only`,
    ),
  /** A threshold is reached. */
  overflow: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'UO', 'ERR_INMESH_OVERFLOW', `${RESET_BODY}overflow`, detail),
  /** The application's own breaker lets nothing through; Envoy has none, and what comes closest is a threshold that is reached. */
  circuitOpen: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'UO', 'ERR_INMESH_CIRCUIT_OPEN', 'circuit breaker open', detail),
  /** Dropped by the assignment's `drop_overloads`. */
  dropOverload: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'DO', 'ERR_INMESH_OVERFLOW', 'drop overload', detail),
  /** No connection. */
  connectFailure: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'UF', 'ERR_INMESH_CONNECT', `${RESET_BODY}remote connection failure`, detail),
  /** The connection broke. */
  reset: (detail: string): LocalReply =>
    reply(503, GrpcStatus.UNAVAILABLE, 'UC', 'ERR_INMESH_RESET', `${RESET_BODY}connection termination`, detail),
  /** The time limit passed. */
  timeout: (detail: string): LocalReply =>
    reply(504, GrpcStatus.DEADLINE_EXCEEDED, 'UT', 'ERR_INMESH_TIMEOUT', 'upstream request timeout', detail),
  /** The stream lasted too long (Envoy, max_stream_duration). Envoy answers 408 where the request was not complete. */
  streamDuration: (requestComplete: boolean, detail: string): LocalReply =>
    reply(
      requestComplete ? 504 : 408,
      GrpcStatus.DEADLINE_EXCEEDED,
      'DT',
      'ERR_INMESH_TIMEOUT',
      'downstream duration timeout',
      detail,
    ),
  /** The stream to the upstream lasted too long (Envoy, max_stream_duration of the cluster). As above for a request that was not complete. */
  upstreamDuration: (requestComplete: boolean, detail: string): LocalReply =>
    reply(
      requestComplete ? 504 : 408,
      GrpcStatus.DEADLINE_EXCEEDED,
      'UMSDR',
      'ERR_INMESH_TIMEOUT',
      'upstream max stream duration reached',
      detail,
    ),
  /** The application took too long to send the request (Envoy, request_timeout), which has no flag. */
  requestTimeout: (detail: string): LocalReply =>
    reply(408, GrpcStatus.UNKNOWN, '-', 'ERR_INMESH_TIMEOUT', 'request timeout', detail),
  /** Nothing was sent or received for too long. Envoy answers 408 where the request was not complete. */
  idle: (requestComplete: boolean, detail: string): LocalReply =>
    reply(
      requestComplete ? 504 : 408,
      GrpcStatus.DEADLINE_EXCEEDED,
      'SI',
      'ERR_INMESH_TIMEOUT',
      'stream timeout',
      detail,
    ),
  /** The fault filter aborted the request. */
  fault: (httpStatus: number, grpcStatus: number, detail: string): LocalReply =>
    reply(httpStatus, grpcStatus, 'FI', 'ERR_INMESH_FAULT', 'fault filter abort', detail),
} as const
