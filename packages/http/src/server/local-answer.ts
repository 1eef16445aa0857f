import type { ServerResponse } from 'node:http'
import type { Exchange, LocalReply } from '@inmesh/core'
import { localHead } from '../reply/local-head.js'
import type { InboundRequest } from './inbound-request.js'
import { ResponseHeaders } from './response-headers.js'

/**
 * Answers a request in place of the application.
 *
 * @param response - Its response, of which nothing was sent.
 * @param reply - The answer.
 * @param request - The request.
 * @param exchange - What it ends; undefined where no route was looked for.
 */
export function answerLocally(
  response: ServerResponse,
  reply: LocalReply,
  request: InboundRequest,
  exchange: Exchange | undefined,
): void {
  const headers = new ResponseHeaders(response)
  const given = reply.headers ?? []
  for (let index = 0; index + 1 < given.length; index += 2) headers.add(given[index]!, given[index + 1]!)
  const { status, body } = localHead(reply, request.isGrpc, exchange, headers)
  response.statusCode = status
  if (body.length > 0 && request.method !== 'HEAD') response.end(body)
  else response.end()
}
