import { type ClientRequest, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { DataPlane } from '@inmesh/core'
import {
  CallObserver,
  type CallOutcome,
  CallRecords,
  captureAgents,
  checkAgentOptions,
  createFetch,
  HttpCarrier,
  installGlobalDispatcher,
  type MeshAgentOptions,
  type MeshFetch,
  type MeshHttpsAgentOptions,
  MeshTcp,
  ObservingDispatcher,
  OutboundPolicy,
} from '@inmesh/http'
import type { Configuration } from '../configuration/configuration.js'
import type { Observer } from '../observing/observer.js'
import type { MeshSettings } from '../options/mesh-settings.js'
import { closeWithin } from './bounded-close.js'
import type { Outbound } from './outbound.js'

/** Calls of a mesh that only observes: decided as ever, and left as they are. Nothing of what happens to them is held against an endpoint. */
export class ObservingOutbound implements Outbound {
  readonly dispatcher: ObservingDispatcher
  readonly fetch: MeshFetch
  readonly tcp: MeshTcp
  readonly #plane: DataPlane
  readonly #records: CallRecords
  readonly #calls: CallObserver
  #uninstall: (() => void)[] = []

  /**
   * @param settings - Settings of the mesh.
   * @param configuration - Where configuration comes from.
   * @param observer - Told of every call.
   */
  constructor(settings: MeshSettings, configuration: Pick<Configuration, 'source'>, observer: Observer) {
    const { clock, random, outbound, propagation, balancingPolicies: policies } = settings
    const { source } = configuration
    this.#plane = new DataPlane({ source, clock, random, carriers: [new HttpCarrier()], policies })
    const records = new CallRecords(clock)
    this.#records = records
    this.#calls = new CallObserver({ plane: this.#plane, outbound, propagation, records, observed: observer.called })
    this.dispatcher = new ObservingDispatcher(this.#calls, records)
    this.fetch = createFetch(this.dispatcher)
    this.tcp = new MeshTcp({ clock, outbound: new OutboundPolicy(), discoveryTimeoutMs: 0 })
  }

  installGlobal(nodeHttp: boolean): () => void {
    if (this.#uninstall.length === 0) this.#uninstall = [installGlobalDispatcher(this.dispatcher)]
    if (nodeHttp && this.#uninstall.length === 1) this.#uninstall.push(this.#watchAgents())
    return this.#uninstallAll
  }

  httpAgent(options: MeshAgentOptions): HttpAgent {
    return new HttpAgent(checkAgentOptions(options, false))
  }

  httpsAgent(options: MeshHttpsAgentOptions): HttpsAgent {
    return new HttpsAgent({ ...checkAgentOptions(options, true), ca: options.ca as string | undefined })
  }

  outcome(answer: object): CallOutcome | undefined {
    const known = this.#records.find(answer)
    if (known !== undefined) return known
    // Of node's client the request is known, whose response names it.
    const { req: request } = answer as { readonly req?: ClientRequest }
    return typeof request === 'object' && request !== null ? this.#records.find(request) : undefined
  }

  async close(timeoutMs: number): Promise<void> {
    this.#uninstallAll()
    const { clock } = this.#plane
    await Promise.all([this.tcp.close(timeoutMs), closeWithin(this.dispatcher, clock, timeoutMs)])
    this.#plane.close()
  }

  #watchAgents(): () => void {
    return captureAgents({
      http: new HttpAgent(),
      https: new HttpsAgent(),
      carries: () => false,
      whenKnown: () => {},
      noted: (origin, request) => {
        const headers = request.getHeaders() as Record<string, string | string[]>
        const { path, method } = request
        this.#records.record(request, this.#calls.observe({ origin, path, method, headers }))
      },
    })
  }

  readonly #uninstallAll = (): void => {
    for (const uninstall of this.#uninstall) uninstall()
    this.#uninstall = []
  }
}
