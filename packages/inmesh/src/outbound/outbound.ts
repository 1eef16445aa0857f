import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { CallOutcome, MeshAgentOptions, MeshFetch, MeshHttpsAgentOptions, MeshTcp } from '@inmesh/http'
import type { Dispatcher } from 'undici'

/** The way out of a mesh. */
export interface Outbound {
  /** `fetch` over the dispatcher. */
  readonly fetch: MeshFetch
  /** Carries every request. */
  readonly dispatcher: Dispatcher
  /** Makes connections for what is not HTTP. */
  readonly tcp: MeshTcp
  /**
   * Carries the calls of the process that name no dispatcher, too.
   *
   * @param nodeHttp - Whether requests with node's own agents are carried as well.
   * @returns what undoes it.
   */
  installGlobal(nodeHttp: boolean): () => void
  /**
   * Makes an agent of node:http.
   *
   * @param options - Its options.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  httpAgent(options: MeshAgentOptions): HttpAgent
  /**
   * Makes an agent of node:https.
   *
   * @param options - Its options.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  httpsAgent(options: MeshHttpsAgentOptions): HttpsAgent
  /**
   * What happened to a call.
   *
   * @param answer - Response, request of node:http, or error.
   */
  outcome(answer: object): CallOutcome | undefined
  /**
   * Takes no new call, waits for those in flight and closes connections.
   *
   * @param timeoutMs - Milliseconds until calls still in flight are cut.
   */
  close(timeoutMs: number): Promise<void>
}
