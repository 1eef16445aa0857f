import { ClientRequest } from 'node:http'
import type { CallOutcome } from '../client/call-outcome.js'
import { AgentConnection } from './agent-connection.js'

/**
 * What happened to a request that was made with an agent of a mesh.
 *
 * @param answer - The request, or its response.
 * @returns undefined for anything else, and for a request that went past the mesh.
 */
export function agentOutcome(answer: object): CallOutcome | undefined {
  const { req = answer } = answer as { readonly req?: unknown }
  return req instanceof ClientRequest ? AgentConnection.callerOf(req)?.progress?.outcome() : undefined
}
