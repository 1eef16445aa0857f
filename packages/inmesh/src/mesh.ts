import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { admitCopy, type Clock, type ContextStore, MeshError, type Tracer } from '@inmesh/core'
import {
  DEFAULT_DRAIN_TIMEOUT_MS,
  Inbound,
  InboundAdapter,
  type InboundGate,
  type ListenOptions,
  listen,
  type MeshAgentOptions,
  type MeshFetch,
  type MeshHttpsAgentOptions,
  MeshServer,
  type MeshTcp,
  type ServerHandler,
} from '@inmesh/http'
import type { ClientStatus, LiveUnsupported } from '@inmesh/xds'
import type { Dispatcher } from 'undici'
import type { InstallOptions } from './capture/install-options.js'
import { ProcessCapture } from './capture/process-capture.js'
import { closeInOrder } from './closing/close-order.js'
import type { FlushHook, FlushHooks } from './closing/flush-hooks.js'
import type { Configuration } from './configuration/configuration.js'
import { ReadinessWaits } from './configuration/readiness-waits.js'
import type { AsyncContextStore } from './context/async-context-store.js'
import { MeshContext } from './context/mesh-context.js'
import type { Observations } from './observing/observations.js'
import type { Observer } from './observing/observer.js'
import type { MeshSettings } from './options/mesh-settings.js'
import { joinOutcomes, type MeshCallOutcome } from './outbound/mesh-call-outcome.js'
import type { Outbound } from './outbound/outbound.js'
import type { AdapterOptions } from './server/adapter-options.js'
import { type Readiness, ReadinessEndpoint } from './server/readiness.js'
import { type MeshServerSettings, type ServerFactory, serverFactory } from './server/server-factory.js'
import { ServerGates } from './server/server-gates.js'
import { ServerRegistry } from './server/server-registry.js'
import { ShutdownSignals } from './server/shutdown-signals.js'
import type { MeshService } from './service/mesh-service.js'
import type { ServiceOptions } from './service/service-options.js'
import { ServiceRegistry } from './service/service-registry.js'

/** How long `ready()` waits unless told otherwise. */
const DEFAULT_READY_TIMEOUT_MS = 10_000

/** What a {@link Mesh} is made of. */
export interface MeshParts {
  /** Options, checked. */
  readonly settings: MeshSettings
  /** Where configuration comes from. */
  readonly configuration: Configuration
  /** The way out. */
  readonly outbound: Outbound
  /** Where running code finds the request that it works for. */
  readonly contexts: ContextStore & Pick<AsyncContextStore, 'close'>
  /** Makes spans; undefined where nobody can ask for them. */
  readonly tracer: Tracer | undefined
  /** What is run before the mesh is gone. */
  readonly flushHooks: FlushHooks
  /** Told what the mesh would do; undefined where it does it. */
  readonly observer: Observer | undefined
}

/** A time limit. */
export interface TimeoutOptions {
  /** Milliseconds, a positive number. */
  readonly timeoutMs?: number
}

/** One mesh in this process. Made by `createMesh()`; several do not know of each other. */
export class Mesh implements AsyncDisposable {
  /**
   * `fetch` through the mesh: undici's, with `mesh: { timeoutMs, idempotent, cancelWithParent }` as a further option of each call. Answers
   * that the mesh makes itself are responses unless the option `localReply` is `throw`.
   */
  readonly fetch: MeshFetch
  /** Connections for what is not HTTP, balanced and secured as its cluster says: `mesh.tcp.connect({ host: 'orders-db', port: 5432 })`. */
  readonly tcp: MeshTcp
  /** The inbound request that the calling code works for. */
  readonly context: MeshContext
  readonly #parts: MeshParts
  readonly #clock: Clock
  readonly #contexts: MeshContext
  readonly #inbound: Inbound
  readonly #servers: ServerRegistry
  readonly #services: ServiceRegistry
  readonly #capture: ProcessCapture
  readonly #waits: ReadinessWaits
  readonly #signals: ShutdownSignals | undefined
  #probes: ReadinessEndpoint | undefined
  #closing: Promise<void> | undefined

  /**
   * @param parts - Parts of the mesh.
   * @internal
   */
  constructor(parts: MeshParts) {
    const { settings, configuration, outbound, contexts, tracer } = parts
    const { clock, random, mode, trusted, propagation } = settings
    this.#parts = parts
    this.#clock = clock
    this.#contexts = new MeshContext(contexts, clock, random, tracer)
    const trustedPeers = mode === 'on' ? trusted : undefined
    this.#inbound = new Inbound({ clock, random, contexts, trusted: trustedPeers, propagation, tracer })
    this.#servers = new ServerRegistry(
      configuration,
      new ServerGates(configuration.inbound, settings, parts.observer),
      clock,
    )
    this.#services = new ServiceRegistry({
      fetch: outbound.fetch,
      clock,
      throwsReplies: settings.localReply === 'throw',
      breaks: mode === 'on',
    })
    this.#waits = new ReadinessWaits(configuration, clock)
    this.context = this.#contexts
    this.fetch = outbound.fetch
    this.tcp = outbound.tcp
    const { handleSignals, drainDelayMs } = settings
    this.#capture = new ProcessCapture({
      outbound,
      servers: mode === 'off' ? undefined : { inbound: this.#inbound, clock, observer: this.#servers, drainDelayMs },
      captured: (server) => this.#signals?.follow(server),
    })
    if (handleSignals.length > 0) this.#signals = new ShutdownSignals(handleSignals, () => this.close())
  }

  /** The undici dispatcher that calls go through; one per mesh. Its calls too take the option `mesh`. */
  dispatcher(): Dispatcher {
    return this.#parts.outbound.dispatcher
  }

  /**
   * Makes the mesh carry every call of this process that names no dispatcher: those of the `fetch` built into Node, and of undici in any copy and
   * version; with options, also clients and servers of node:http. Hosts outside the mesh are called as before. The mode `off` installs nothing.
   *
   * @param options - See {@link InstallOptions}. Default: `fetch` and undici only.
   * @returns what undoes it; {@link Mesh.close} does it too. What is installed already stays as it is.
   * @throws MeshError ERR_INMESH_CLOSED after {@link Mesh.close}.
   */
  installGlobal(options: InstallOptions = {}): () => void {
    this.#refuseWhenClosed()
    return this.#capture.install(options)
  }

  /**
   * A service that the application calls, with a time limit and a circuit breaker for all these calls:
   * `mesh.service('reviews', { breaker: { resetTimeout: 5000 } }).fetch('/reviews/7')`.
   *
   * @param name - Host of the service, perhaps with a port: `reviews`, `reviews.shop:9080`. For what is outside the mesh an origin: `https://example.org`.
   * @param options - Given once for each name; equal ones may be given again. Default: those given before, or none.
   * @returns the same service for the same name.
   * @throws MeshError ERR_INMESH_OPTIONS naming the option that is wrong, or that differs from those given before; ERR_INMESH_CLOSED.
   */
  service(name: string, options?: ServiceOptions): MeshService {
    return this.#services.get(name, options)
  }

  /** The services named so far, with their breakers: what a page of metrics is made of. */
  services(): readonly MeshService[] {
    return this.#services.all
  }

  /**
   * Makes an agent for whatever is built on node:http: `http.request`, axios (`httpAgent`), got (`agent.http`), ws (`agent`). Its requests and
   * upgrades go where those of {@link Mesh.dispatcher} do; a request that fails emits the error of the mesh as its own.
   *
   * @param options - Limits as of node's agents, and `mesh: { timeoutMs, idempotent }` for every request; `http.request` takes `mesh` too.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  httpAgent(options: MeshAgentOptions = {}): HttpAgent {
    return this.#parts.outbound.httpAgent(options)
  }

  /**
   * As {@link Mesh.httpAgent}, for `https:`. Nothing of a request is sent in plaintext. Options of TLS, of the agent or of a request, are
   * refused with ERR_INMESH_OPTIONS, as the mesh verifies by its own; only `ca` is taken, by the agent, for authorities of the application's own.
   *
   * @param options - As there, and `ca`.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  httpsAgent(options: MeshHttpsAgentOptions = {}): HttpsAgent {
    return this.#parts.outbound.httpsAgent(options)
  }

  /**
   * What happened to a call: route, cluster, endpoint, attempts, flags, durations.
   *
   * @param answer - What the caller got: a `Response` of {@link Mesh.fetch} or of a service, what undici's methods gave over the dispatcher, a
   * request or response of node:http over an agent, or an error of any of them. Of a `fetch` that goes through the mesh by
   * {@link Mesh.installGlobal} alone, errors only.
   * @returns undefined for anything else, for a call that simply went past the mesh, and while the mode is `off`.
   */
  outcome(answer: object): MeshCallOutcome | undefined {
    return joinOutcomes(this.#parts.outbound.outcome(answer), this.#services.outcomes.of(answer), answer)
  }

  /**
   * What the mesh would have done with calls and requests, in numbers; a warning in the log tells of each host and port for which it would have answered
   * itself, and {@link Mesh.outcome} of each call.
   *
   * @returns undefined unless the mode is `observe`.
   */
  observations(): Observations | undefined {
    return this.#parts.observer?.observations
  }

  /**
   * Serves an application. With the option `service` the server is known to the control plane from when it listens until it closes.
   *
   * @param handler - An Express application or a function of request and response; `request.mesh` tells it deadline and trace.
   * @param options - Where to listen. Exactly `host` is bound; without it, every address of the machine, as in node:http.
   * @returns an `http.Server`, once it accepts connections.
   * @throws MeshError ERR_INMESH_LISTEN when the address cannot be bound, ERR_INMESH_CLOSED after {@link Mesh.close}, ERR_INMESH_OPTIONS for
   * HTTP/2 with an application of Express.
   */
  async listen(handler: ServerHandler, options: ListenOptions): Promise<MeshServer> {
    const { http2 = false } = options
    const server = await listen(this.createServer(handler, { http2 }), options)
    // The mesh may have been closed while the name of the host was looked up.
    if (this.#closing !== undefined) {
      await server.drain({ timeoutMs: 0 })
      throw closedError()
    }
    return server
  }

  /**
   * Makes a server that does not listen yet. It is an `http.Server` in every respect and is counted in once it listens.
   *
   * @param handler - Listener of `request`; others can be added later.
   * @param options - Options of node:http, and whether HTTP/2 is taken too.
   * @throws MeshError ERR_INMESH_CLOSED after {@link Mesh.close}, ERR_INMESH_OPTIONS for HTTP/2 with an application of Express.
   */
  createServer(handler?: ServerHandler, { http2 = false, ...http }: MeshServerSettings = {}): MeshServer {
    this.#refuseWhenClosed()
    const server = new MeshServer(
      {
        inbound: this.#inbound,
        clock: this.#clock,
        observer: this.#servers,
        drainDelayMs: this.#parts.settings.drainDelayMs,
        http,
        http2: http2 ? {} : undefined,
      },
      handler,
    )
    this.#signals?.follow(server)
    return server
  }

  /**
   * For frameworks that want to be given their server: `Fastify({ serverFactory: mesh.serverFactory() })`.
   *
   * @returns a factory of plaintext servers, which take HTTP/2 with prior knowledge too where the framework has the option `http2`. It throws
   * ERR_INMESH_OPTIONS when asked for HTTPS.
   */
  serverFactory(): ServerFactory {
    return serverFactory((handler, options) => this.createServer(handler, options))
  }

  /**
   * The way in for a framework whose server belongs to the application; `@inmesh/express` and `@inmesh/fastify` use it.
   *
   * @param options - See {@link AdapterOptions}.
   * @throws MeshError ERR_INMESH_VERSIONS for an adapter of another version than the mesh.
   */
  adapter({ left, port, copy }: AdapterOptions = {}): InboundAdapter {
    if (copy !== undefined) admitCopy(copy)
    const gateOf = (of: number): InboundGate | undefined => this.#servers.foreignGate(of)
    const adapter = new InboundAdapter({ inbound: this.#inbound, gateOf, left, port })
    this.#servers.attach(adapter)
    return adapter
  }

  /**
   * Runs work that outlives the request it comes from: it keeps the trace, has no deadline and is not cancelled.
   *
   * @param work - The work.
   * @returns what it returns.
   */
  detached<T>(work: () => T): T {
    return this.#contexts.detached(work)
  }

  /**
   * Has something done at the end of {@link Mesh.close}, when the last request and call are over and can be told of: telemetry flushed, for example.
   *
   * @param hook - Told how many milliseconds it has; the mesh does not wait longer. What it throws is logged.
   * @returns what takes it away again.
   * @throws MeshError ERR_INMESH_CLOSED after {@link Mesh.close}.
   */
  onFlush(hook: FlushHook): () => void {
    this.#refuseWhenClosed()
    return this.#parts.flushHooks.add(hook)
  }

  /**
   * Waits until calls can be decided: the control plane has answered, or the directory was read. Calls need not wait for it.
   *
   * @param options - How long. Default 10,000 ms.
   * @throws MeshError ERR_INMESH_NOT_READY saying what is missing, with the last error as its cause; ERR_INMESH_CLOSED.
   */
  async ready(options: TimeoutOptions = {}): Promise<void> {
    this.#refuseWhenClosed()
    await this.#waits.wait(options.timeoutMs ?? DEFAULT_READY_TIMEOUT_MS)
  }

  /**
   * Whether callers should come: the control plane has answered, every server has what applies to its requests and wants them, and the mesh is
   * not being closed. The option `readinessPort` tells the same to probes.
   */
  readiness(): Readiness {
    const { configuration } = this.#parts
    const reasons = [...this.#servers.reasons()]
    if (!configuration.isReady) {
      reasons.unshift(configuration.missing().what)
      // Nothing would be asked of a control plane before the first call, and no call comes to who is not ready.
      void configuration.whenReady()
    }
    if (this.#closing !== undefined) reasons.unshift('the mesh is closing')
    return { ready: reasons.length === 0, reasons }
  }

  /** Parts of the configuration in use that were understood and are not carried out, each with its resource, field and reason. */
  unsupported(): readonly LiveUnsupported[] {
    return this.#parts.configuration.unsupported()
  }

  /**
   * What was learned from each control plane: every resource with its state, version and bytes as received, and why a newer copy was
   * refused (gRFC A40). Empty without a control plane. `clientStatusService()` of `@inmesh/xds` serves it to tools over gRPC.
   */
  clientStatus(): readonly ClientStatus[] {
    return this.#parts.configuration.clientStatus()
  }

  /**
   * Ends the mesh: its servers are withdrawn from the control plane, stop accepting and let requests in flight end, then calls end, telemetry is
   * flushed, and the stream ends. Calls made while requests are being ended still work. May be called again; the first call's limit counts.
   *
   * @param options - Milliseconds for all of it; what is open when a tenth of them (2,000 ms at most) is left to flush is cut. Default 25,000.
   * @returns a promise that resolves when everything has ended.
   */
  close(options: TimeoutOptions = {}): Promise<void> {
    this.#closing ??= this.#end(options.timeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS)
    return this.#closing
  }

  /** Closes the mesh at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Begins to answer probes, where the options ask for it.
   *
   * @throws MeshError ERR_INMESH_LISTEN when the port cannot be bound: the mesh is closed then.
   * @internal
   */
  async openReadiness(): Promise<void> {
    const { readinessPort } = this.#parts.settings
    if (readinessPort === undefined) return
    try {
      this.#probes = await ReadinessEndpoint.open(readinessPort, () => this.readiness())
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #end(timeoutMs: number): Promise<void> {
    const { outbound, configuration, flushHooks, contexts } = this.#parts
    this.#waits.fail(closedError())
    try {
      await closeInOrder({ servers: this.#servers, outbound, flushHooks, configuration, clock: this.#clock }, timeoutMs)
    } finally {
      this.#signals?.stop()
      this.#capture.release()
      this.#services.close()
      this.#probes?.close()
      configuration.close()
      contexts.close()
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}

function closedError(): MeshError {
  return new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
}
