import { type ContextStore, DataPlane, type LocalClusterOptions, type Tracer } from '@inmesh/core'
import {
  agentOutcome,
  type CallOutcome,
  captureAgents,
  createFetch,
  HttpCarrier,
  installGlobalDispatcher,
  type MeshAgentOptions,
  MeshDispatcher,
  type MeshFetch,
  MeshHttpAgent,
  MeshHttpsAgent,
  type MeshHttpsAgentOptions,
  MeshTcp,
  SocketProber,
} from '@inmesh/http'
import type { Configuration } from '../configuration/configuration.js'
import type { MeshSettings } from '../options/mesh-settings.js'
import { closeWithin } from './bounded-close.js'
import type { Outbound } from './outbound.js'

/** Calls that go where the configuration says. */
export class MeshOutbound implements Outbound {
  readonly dispatcher: MeshDispatcher
  readonly fetch: MeshFetch
  readonly tcp: MeshTcp
  readonly #plane: DataPlane
  #uninstall: (() => void) | undefined
  #uninstallAgents: (() => void) | undefined

  /**
   * @param settings - Settings of the mesh.
   * @param configuration - Where configuration comes from.
   * @param origins - Where calls find the request that they belong to, and who makes their spans.
   */
  constructor(
    settings: MeshSettings,
    configuration: Pick<Configuration, 'source' | 'loadReporting' | 'locality'>,
    { contexts, tracer }: { readonly contexts: ContextStore; readonly tracer: Tracer | undefined },
  ) {
    const {
      clock,
      random,
      localReply,
      discoveryTimeoutMs,
      outbound,
      balancingPolicies: policies,
      propagation,
    } = settings
    const carrier = new HttpCarrier()
    const prober = new SocketProber()
    const { source, loadReporting } = configuration
    const localCluster = localClusterOf(settings, configuration)
    const carriers = [carrier]
    this.#plane = new DataPlane({ source, clock, random, carriers, loadReporting, localCluster, prober, policies })
    const plane = this.#plane
    this.dispatcher = new MeshDispatcher({
      plane,
      carrier,
      context: contexts,
      tracer,
      propagation,
      localReply,
      discoveryTimeoutMs,
      outbound,
    })
    this.fetch = createFetch(this.dispatcher)
    this.tcp = new MeshTcp({ clock, mesh: { plane, carrier }, outbound, discoveryTimeoutMs })
  }

  installGlobal(nodeHttp: boolean): () => void {
    this.#uninstall ??= installGlobalDispatcher(this.dispatcher)
    if (nodeHttp) this.#uninstallAgents ??= this.#captureAgents()
    return this.#uninstallAll
  }

  httpAgent(options: MeshAgentOptions): MeshHttpAgent {
    return new MeshHttpAgent(this.dispatcher, this.#plane.clock, options)
  }

  httpsAgent(options: MeshHttpsAgentOptions): MeshHttpsAgent {
    const { ca } = options
    const dispatcher = ca === undefined ? this.dispatcher : this.dispatcher.trusting(ca)
    return new MeshHttpsAgent(dispatcher, this.#plane.clock, options)
  }

  outcome(answer: object): CallOutcome | undefined {
    return this.dispatcher.outcome(answer) ?? agentOutcome(answer) ?? this.tcp.outcome(answer)
  }

  async close(timeoutMs: number): Promise<void> {
    // The process may go on without the mesh.
    this.#uninstallAll()
    await Promise.all([this.tcp.close(timeoutMs), closeWithin(this.dispatcher, this.#plane.clock, timeoutMs)])
    this.#plane.close()
  }

  #captureAgents(): () => void {
    const [http, https] = [this.httpAgent({}), this.httpsAgent({})]
    const { dispatcher } = this
    return captureAgents({
      http,
      https,
      carries: (origin) => dispatcher.carries(origin),
      whenKnown: (origin, callback) => dispatcher.whenKnown(origin, callback),
    })
  }

  readonly #uninstallAll = (): void => {
    this.#uninstall?.()
    this.#uninstallAgents?.()
    this.#uninstall = undefined
    this.#uninstallAgents = undefined
  }
}

/** Which cluster the workload is part of says nothing where nobody knows the zone that it is in. */
function localClusterOf(
  { localCluster: name, logger }: MeshSettings,
  { locality }: Pick<Configuration, 'locality'>,
): LocalClusterOptions | undefined {
  if (name === undefined) return undefined
  if (locality !== undefined) return { name, locality }
  logger.warn(
    'the option localCluster has no effect: neither the options nor the bootstrap say in which locality the workload is',
  )
  return undefined
}
