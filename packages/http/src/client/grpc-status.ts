import type { RequestView } from '@inmesh/core'
import { isGrpcType } from '../head/grpc-type.js'
import type { RawHeaders } from './legacy-handler.js'
import { readRawHeader } from './raw-response.js'

/**
 * @param request - A request.
 * @returns whether it is gRPC by its content type.
 */
export function isGrpcRequest(request: Pick<RequestView, 'header'>): boolean {
  return isGrpcType(request.header('content-type'))
}

/**
 * Reads the status of a gRPC response that consists of headers only; others carry it in trailers, too late for a retry.
 *
 * @param headers - Headers of the response.
 * @returns the status, or -1 when there is none.
 */
export function readGrpcStatus(headers: RawHeaders): number {
  const text = readRawHeader(headers, 'grpc-status')
  const status = text === undefined ? -1 : Number(text)
  return Number.isInteger(status) && status >= 0 ? status : -1
}
