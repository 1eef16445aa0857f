import type { Exchange, HeaderEditor, LocalReply, RewrittenReply } from '@inmesh/core'

/** What goes out in place of an answer of somebody else, its headers aside. */
export interface LocalHead {
  /** HTTP status. */
  readonly status: number
  /** Body; empty for none. */
  readonly body: Buffer
}

/**
 * Makes the answer of the mesh itself what it is on the wire, by the same rules for callers and for servers.
 *
 * @param reply - The answer.
 * @param grpc - Whether it answers a gRPC request.
 * @param exchange - What it ends, whose route, listener and filters see it; undefined where there is none yet.
 * @param headers - Its headers, those of the reply included; they are changed.
 */
export function localHead(
  reply: LocalReply,
  grpc: boolean,
  exchange: Exchange | undefined,
  headers: HeaderEditor,
): LocalHead {
  const made: RewrittenReply = exchange?.rewriteReply(reply, { status: reply.httpStatus, headers }) ?? reply
  // Envoy answers gRPC requests with a status of theirs and no body ("Local reply modification").
  const body = grpc || hasNoBody(made.httpStatus) ? EMPTY : asBuffer(made.body)
  const status = grpc ? 200 : made.httpStatus
  if (!hasNoBody(status)) headers.set('content-length', String(body.length))
  // As Envoy: a type that a format gives takes the place of one that is there, unless it is that of any text.
  const { contentType } = made
  if (body.length > 0 && contentType !== undefined && (contentType !== TEXT || headers.get(TYPE) === undefined)) {
    headers.set(TYPE, contentType)
  }
  // Tells callers that asking again makes it worse (Envoy, "x-envoy-overloaded").
  const silent = exchange?.route?.suppressesEnvoyHeaders === true
  if (reply.flag === 'UO' && !silent) headers.set('x-envoy-overloaded', 'true')
  if (grpc) headers.set(TYPE, 'application/grpc')
  // A fault given as a gRPC status answers other requests too, with 200 (Envoy, "Fault Injection").
  if (grpc || (reply.flag === 'FI' && reply.httpStatus === 200)) {
    headers.set('grpc-status', String(made.grpcStatus))
    headers.set('grpc-message', encodeURI(grpcMessage(made)))
  }
  exchange?.changeReply({ status, headers })
  if (body.length > 0 && headers.get(TYPE) === undefined) headers.set(TYPE, TEXT)
  return { status, body }
}

const EMPTY = Buffer.alloc(0)
const TYPE = 'content-type'
const TEXT = 'text/plain'

function asBuffer(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/** RFC 9110, 6.4.1: these end with their head. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

/** Of JSON without the line break at its end, as Envoy has it. */
function grpcMessage({ body, detail, contentType }: RewrittenReply): string {
  if (typeof body !== 'string' || body === '') return detail
  return contentType === 'application/json' ? body.trimEnd() : body
}
