import type { RequestView } from '@inmesh/core'
import type { RawHeaders } from './legacy-handler.js'

/**
 * @param request - A request.
 * @returns whether it is gRPC by its content type.
 */
export function isGrpcRequest(request: RequestView): boolean {
  return request.header('content-type')?.startsWith('application/grpc') === true
}

/**
 * Reads the status of a gRPC response that consists of headers only; others carry it in trailers, too late for a retry.
 *
 * @param headers - Headers of the response.
 * @returns the status, or -1 when there is none.
 */
export function readGrpcStatus(headers: RawHeaders): number {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]!.length !== 11 || headers[index]!.toString().toLowerCase() !== 'grpc-status') continue
    const status = Number(headers[index + 1]!.toString())
    return Number.isInteger(status) && status >= 0 ? status : -1
  }
  return -1
}
