/** By status code, 0 to 16. */
const HTTP_STATUS: readonly number[] = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
]

/**
 * The HTTP status that outlier detection takes a gRPC status for, where a gRPC response is carried over HTTP (Envoy, "gRPC status to HTTP
 * status mapping").
 *
 * @param grpcStatus - gRPC status; one that does not exist counts as 500.
 */
export function httpStatusOfGrpc(grpcStatus: number): number {
  return HTTP_STATUS[grpcStatus] ?? 500
}
