import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * An answer on a connection that node:http has let go of, which it ends.
 *
 * @param request - The request for another protocol.
 * @param socket - Its connection.
 */
export function tunnelAnswer(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.destroySoon())
  return response
}
