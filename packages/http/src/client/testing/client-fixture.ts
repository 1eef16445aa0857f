import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  type CircuitBreakerThresholds,
  type Cluster,
  type ConnectionOptions,
  type ContextStore,
  DataPlane,
  type HttpFilter,
  type RequestContext,
  SeededRandom,
  type SimulatedClock,
  SystemClock,
  type UpstreamProtocol,
} from '@inmesh/core'
import { buildConnector, type Dispatcher } from 'undici'
import { SocketProber } from '../../health-check/socket-prober.js'
import { EndpointPool } from '../endpoint-pool.js'
import { HttpCarrier } from '../http-carrier.js'
import { MeshDispatcher, type MeshDispatcherOptions } from '../mesh-dispatcher.js'
import { cluster, endpoint, type RouteParts, route, target } from './configs.js'
import { TestSource } from './test-source.js'

export class TestContexts implements ContextStore {
  readonly #storage = new AsyncLocalStorage<RequestContext | undefined>()

  current(): RequestContext | undefined {
    return this.#storage.getStore()?.inForce
  }

  run<T>(context: RequestContext | undefined, callback: () => T): T {
    return this.#storage.run(context, callback)
  }
}

type Options = Partial<Omit<MeshDispatcherOptions, 'plane' | 'carrier'>>

type ServeParts = Omit<RouteParts, 'clusters'> & {
  readonly filters?: readonly HttpFilter[]
  readonly thresholds?: CircuitBreakerThresholds
  readonly connections?: ConnectionOptions
  readonly protocol?: UpstreamProtocol
}

/** The client side of a mesh. Whatever a test does, at its end every counter must be back at 0. */
export class ClientFixture {
  readonly source = new TestSource()
  readonly contexts = new TestContexts()
  readonly carrier = new HttpCarrier()
  readonly plane: DataPlane
  readonly dispatcher: MeshDispatcher
  readonly #seen = new Set<Cluster>()
  readonly #context: TestContext

  constructor(context: TestContext, clock: SimulatedClock | SystemClock = new SystemClock(), options: Options = {}) {
    this.#context = context
    const random = new SeededRandom(7)
    this.plane = new DataPlane({
      source: this.source,
      clock,
      random,
      carriers: [this.carrier],
      prober: new SocketProber(),
    })
    this.dispatcher = new MeshDispatcher({
      plane: this.plane,
      carrier: this.carrier,
      context: this.contexts,
      ...options,
    })
    context.after(async () => {
      for (const cluster of this.plane.clusters()) this.#seen.add(cluster)
      await this.dispatcher.destroy()
      this.plane.close()
      for (const cluster of this.#seen) assertIdle(cluster)
    })
  }

  /** Configures `reviews:80`: one route to one cluster, both named `reviews`, with an endpoint for each port. */
  serve(ports: readonly number[], parts: ServeParts = {}): void {
    const { filters, thresholds, connections, protocol, ...routeParts } = parts
    const endpoints = ports.map((port) => endpoint(port))
    const limits = {
      ...(thresholds && { thresholds }),
      ...(connections && { connections }),
      ...(protocol && { protocol }),
    }
    const clusters = [cluster('reviews', endpoints, limits)]
    const routes = [route({ clusters: { reviews: 1 }, ...routeParts })]
    this.source.set('reviews:80', target('reviews:80', routes, clusters, filters))
  }

  /** Waits until the configuration of `reviews:80` is in use. */
  async configured(): Promise<void> {
    const { plane } = this
    const target = plane.target('reviews:80')
    if (target.state === 'pending') await new Promise<void>((resolve) => target.whenSettled(resolve))
  }

  /** Makes connections to an endpoint wait until they are released. */
  async holdConnections(name: string, port: number): Promise<{ release: () => void }> {
    await this.configured()
    let held: (() => void)[] | undefined = []
    const connect = buildConnector({})
    const cluster = this.cluster(name)
    const endpoint = cluster.endpoints.get(`127.0.0.1:${port}`)!
    const pool = new EndpointPool({
      endpoint,
      cluster,
      priority: 'default',
      authority: 'reviews',
      clock: this.plane.clock,
      random: this.plane.random,
      connect: (options, callback) => {
        const dial = (): void => connect({ ...options, hostname: '127.0.0.1', port: String(port) }, callback)
        if (held === undefined) dial()
        else held.push(dial)
      },
    })
    endpoint.httpConnections = { default: pool }
    this.#context.after(() => pool.destroy(new Error('the test is over')))
    return {
      release: () => {
        for (const dial of held ?? []) dial()
        held = undefined
      },
    }
  }

  cluster(name: string): Cluster {
    for (const cluster of this.plane.clusters()) {
      if (cluster.name !== name) continue
      this.#seen.add(cluster)
      return cluster
    }
    throw new Error(`no cluster ${name}`)
  }

  /** Asserts that nothing is counted as in flight. */
  assertIdle(): void {
    for (const cluster of this.plane.clusters()) assertIdle(cluster)
  }

  /** A request whose body is read. */
  async request(path = '/', options: Record<string, unknown> = {}): Promise<{ status: number; text: string }> {
    const response = await this.response(path, options)
    return { status: response.statusCode, text: await response.body.text() }
  }

  response(path = '/', options: Record<string, unknown> = {}): Promise<Dispatcher.ResponseData> {
    const request = { origin: 'http://reviews', method: 'GET', ...options, path } as Dispatcher.RequestOptions
    if (this.#upToDate) return this.dispatcher.request(request)
    return this.#whenUpToDate().then(() => this.dispatcher.request(request))
  }

  /** Whether what the source said last is in use: a machine that is busy otherwise takes over even a small update in several slices. */
  get #upToDate(): boolean {
    for (const { name, state, snapshot } of this.plane.targets()) {
      const given = this.source.configurationOf(name)
      if (given !== undefined && state !== 'pending' && snapshot?.config !== given) return false
    }
    return true
  }

  async #whenUpToDate(): Promise<void> {
    while (!this.#upToDate) await setImmediate()
  }
}

function assertIdle(cluster: Cluster): void {
  const endpoints = [...cluster.endpoints.values()].map(({ key, active }) => [key, active])
  assert.deepEqual(
    { requests: cluster.activeRequests, retries: cluster.activeRetries, endpoints },
    { requests: 0, retries: 0, endpoints: endpoints.map(([key]) => [key, 0]) },
    `cluster ${cluster.name} is idle`,
  )
}
