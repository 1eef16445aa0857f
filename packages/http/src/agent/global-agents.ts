import { AsyncResource } from 'node:async_hooks'
import { type ClientRequest, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { asksForTls, type MeshClientRequestOptions } from './agent-options.js'
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
   * @returns undefined while nobody knows.
   */
  carries(origin: string): boolean | undefined
  /**
   * Asks to be called once that is known, or nobody waits for it any longer.
   *
   * @param origin - The origin.
   * @param callback - What to call, once.
   */
  whenKnown(origin: string, callback: () => void): void
  /**
   * A request is made that may be carried.
   *
   * @param origin - Where it goes.
   * @param request - It.
   */
  noted?(origin: string, request: ClientRequest): void
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
    const origin = current && originOf(this, options)
    if (origin === undefined) {
      previous.call(this, request, options, ...legacy)
      return
    }
    const { http, https, noted } = current!
    noted?.(origin, request)
    const add = (carried: boolean): void => {
      const agent = (origin.startsWith('https:') ? https : http) as unknown as AgentPrototype
      if (carried) agent.addRequest(request, reachable(options as MeshClientRequestOptions, this))
      else previous.call(this, request, options, ...legacy)
    }
    const carried = current!.carries(origin)
    if (carried !== undefined) add(carried)
    // Later in time, it still belongs to the code that made it.
    else
      current!.whenKnown(
        origin,
        AsyncResource.bind(() => add(current?.carries(origin) !== false)),
      )
  }
  prototype.addRequest = addRequest
  return () => {
    current = undefined
    if (prototype.addRequest === addRequest) prototype.addRequest = previous
  }
}

/** @returns undefined where the request stays with its own agent whatever its host. */
function originOf(agent: AgentWithOptions, options: unknown): string | undefined {
  const scheme = schemeOf(agent)
  if (scheme === undefined || typeof options !== 'object' || options === null) return undefined
  if ((options as MeshClientRequestOptions).socketPath) return undefined
  // Who says how to verify means the server that the name leads to.
  if (scheme === 'https' && (asksForTls(options) || asksForTls(agent.options ?? {}))) return undefined
  try {
    return new AgentOrigin(scheme, options).origin
  } catch {
    // Node says what is wrong with such a host.
    return undefined
  }
}

/** @returns undefined for an agent that may do with connections what the mesh cannot. */
function schemeOf(agent: AgentWithOptions): AgentScheme | undefined {
  if (Object.hasOwn(agent, 'createConnection') || agent.options?.socketPath) return undefined
  const prototype: unknown = Object.getPrototypeOf(agent)
  if (prototype === HttpAgent.prototype) return 'http'
  return prototype === HttpsAgent.prototype ? 'https' : undefined
}

function reachable(options: MeshClientRequestOptions, agent: AgentWithOptions): MeshClientRequestOptions {
  const kept: Record<string, unknown> = { ...options }
  for (const way of WAYS) delete kept[way]
  // Node takes the limit of an agent where the request has none.
  kept.timeout ??= agent.options?.timeout
  return kept
}
