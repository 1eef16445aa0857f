/**
 * Whether a request is one of gRPC, by its content type.
 *
 * @param contentType - Value of its header; undefined without one.
 */
export function isGrpcType(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/grpc') === true
}
