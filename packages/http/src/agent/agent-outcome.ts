import { ClientRequest } from 'node:http'
import type { CallOutcome } from '../client/call-outcome.js'
import { AgentConnection } from './agent-connection.js'

/**
 * What happened to a request that was made with an agent of a mesh.
 *
 * @param answer - The request, its response, or the connection of an upgrade.
 * @returns undefined for anything else, and for a request that went past the mesh.
 */
export function agentOutcome(answer: object): CallOutcome | undefined {
  // Node does not tell the response to an upgrade of its request.
  const { req = answer, socket = answer } = answer as { readonly req?: unknown; readonly socket?: unknown }
  const caller = req instanceof ClientRequest ? AgentConnection.callerOf(req) : AgentConnection.callerAt(socket)
  return caller?.progress?.outcome()
}
