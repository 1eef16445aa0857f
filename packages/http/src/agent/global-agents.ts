import { type ClientRequest, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { MeshClientRequestOptions } from './agent-options.js'
import { AgentOrigin, type AgentScheme } from './agent-origin.js'

/** Takes the requests that node's own agents would carry. */
export interface AgentReplacement {
  /** Carries those for `http:`. */
  readonly http: HttpAgent
  /** Carries those for `https:`. */
  readonly https: HttpsAgent
  /**
   * Whether requests to an origin are for these agents; any others stay with the agent that they were made with.
   *
   * @param origin - `http://reviews.shop:9080`.
   */
  carries(origin: string): boolean
}

type AddRequest = (request: ClientRequest, options: unknown, ...legacy: unknown[]) => void

/** Part of what node's client asks of an agent, and of no declaration. */
interface AgentPrototype {
  addRequest: AddRequest
}

/** Part of an agent, and of no declaration either. */
type AgentWithOptions = HttpAgent & { readonly options?: { readonly socketPath?: string; readonly timeout?: number } }

/** Options that say how to find and reach a host, which an endpoint of the mesh is found and reached without. */
const WAYS = ['lookup', 'localAddress', 'localPort', 'family', 'hints', 'proxyEnv'] as const

/**
 * Takes requests from node's own agents: from the global ones, from those that an application makes to keep connections or to limit them, and
 * from those that node makes for `agent: false`. Their prototype is the one place that all of them share, whenever they were made and whatever
 * holds them; nothing of node's clients is touched but here. Agents of other classes, as for proxies, are left alone, as are requests that are made
 * without an agent.
 *
 * @param replacement - Carries the requests.
 * @returns what undoes it. Where somebody else changed the prototype meanwhile, that stays, and requests go where they went before.
 */
export function captureAgents(replacement: AgentReplacement): () => void {
  const prototype = HttpAgent.prototype as unknown as AgentPrototype
  const previous = prototype.addRequest
  let current: AgentReplacement | undefined = replacement
  const addRequest: AddRequest = function (this: HttpAgent, request, options, ...legacy) {
    const agent = current && chosen(current, this, options)
    if (agent === undefined) previous.call(this, request, options, ...legacy)
    else agent.addRequest(request, reachable(options as MeshClientRequestOptions, this))
  }
  prototype.addRequest = addRequest
  return () => {
    current = undefined
    if (prototype.addRequest === addRequest) prototype.addRequest = previous
  }
}

/** @returns undefined where the request stays with its own agent. */
function chosen(replacement: AgentReplacement, agent: AgentWithOptions, options: unknown): AgentPrototype | undefined {
  const scheme = schemeOf(agent)
  if (scheme === undefined || typeof options !== 'object' || options === null) return undefined
  const { socketPath } = options as MeshClientRequestOptions
  if (socketPath) return undefined
  const origin = originOf(scheme, options)
  if (origin === undefined || !replacement.carries(origin)) return undefined
  return replacement[scheme] as unknown as AgentPrototype
}

/** @returns undefined for an agent that may do with connections what the mesh cannot. */
function schemeOf(agent: AgentWithOptions): AgentScheme | undefined {
  if (Object.hasOwn(agent, 'createConnection') || agent.options?.socketPath) return undefined
  const prototype: unknown = Object.getPrototypeOf(agent)
  if (prototype === HttpAgent.prototype) return 'http'
  return prototype === HttpsAgent.prototype ? 'https' : undefined
}

function originOf(scheme: AgentScheme, options: object): string | undefined {
  try {
    return new AgentOrigin(scheme, options).origin
  } catch {
    // Node says what is wrong with such a host.
    return undefined
  }
}

function reachable(options: MeshClientRequestOptions, agent: AgentWithOptions): MeshClientRequestOptions {
  const kept: Record<string, unknown> = { ...options }
  for (const way of WAYS) delete kept[way]
  // Node takes the limit of an agent where the request has none.
  kept.timeout ??= agent.options?.timeout
  return kept
}
