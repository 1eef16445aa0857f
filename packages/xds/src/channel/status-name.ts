import { grpcStatusNames } from '@inmesh/core'

/** The name of a gRPC status code; here, since grpc-js is not loaded before a stream is opened. */
export function statusName(status: number): string {
  return grpcStatusNames[status] ?? `status ${status}`
}
