import { type Clock, MeshError, SystemClock, type Timer } from '@inmesh/core'
import { type MeshConfig, MeshDirectory, type NodeResources, type NodeView, ResourceCatalog } from '@inmesh/istio'
import type { ControlPlaneEvent } from './control-plane-event.js'
import type { ControlPlaneStatus, NackStatus } from './control-plane-status.js'
import type { ConnectedNode } from './node/connected-node.js'
import { inboundWorkloads } from './registration/inbound-workloads.js'
import { WorkloadRegistry } from './registration/workload-registry.js'
import { AdsServer } from './stream/ads-server.js'
import type { OpenStream, StreamOwner } from './stream/ads-stream.js'

// Workloads of a deployment come and go together; what they change is sent once.
const pushDelayMs = 5
// After a restart callers may be back before the workloads they call. What they had is not taken from them before workloads, which come
// back by the same paced reconnects, had the time to register again.
const recoveryMs = 15_000

/** Options of {@link startControlPlane}. */
export interface ControlPlaneOptions {
  /** Path of the configuration directory. */
  readonly directory: string
  /** Port to listen on; 0 for any that is free. */
  readonly port: number
  /** Address to listen on. Default `127.0.0.1`: whoever can connect can read the configuration and register workloads. */
  readonly host?: string
  /** Sets timers. Default: the system's clock. */
  readonly clock?: Clock
  /** Told of what happens, in order. */
  readonly onEvent?: (event: ControlPlaneEvent) => void
}

/** A control plane that runs in this process. */
export interface ControlPlane {
  /** Address it listens on. */
  readonly address: string
  /** Port it listens on. */
  readonly port: number
  /** What it does now. */
  status(): ControlPlaneStatus
  /** Ends all streams and stops listening. Later calls wait for the first. */
  close(): Promise<void>
}

/**
 * Starts a control plane: it reads a directory, serves it over ADS (state of the world and incremental), follows changes of the files and
 * registers workloads for as long as their streams are open.
 *
 * @param options - The directory and where to listen.
 * @throws MeshError `ERR_INMESH_CONFIG_FILE` when the directory holds errors: the message lists all of them, each with file, line and
 * field, and `cause` is an AggregateError of them. `ERR_INMESH_LISTEN` when the address cannot be had.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const clock = options.clock ?? new SystemClock()
  const directory = new MeshDirectory(options.directory, { clock })
  const result = await directory.load()
  if (result.kind === 'refused') throw refusedAtStart(options.directory, result.errors)
  const controlPlane = new RunningControlPlane(options, clock, directory, result.config)
  await controlPlane.listen()
  return controlPlane
}

function refusedAtStart(directory: string, errors: readonly MeshError[]): MeshError {
  const lines = errors.map(({ message }) => `  ${message}`)
  return new MeshError('ERR_INMESH_CONFIG_FILE', [`${directory} cannot be used:`, ...lines].join('\n'), {
    ...(errors[0] === undefined ? {} : { place: errors[0].place }),
    cause: new AggregateError(errors),
  })
}

class RunningControlPlane implements ControlPlane, StreamOwner {
  readonly address: string
  readonly #clock: Clock
  readonly #directory: MeshDirectory
  readonly #catalog: ResourceCatalog
  readonly #onEvent: (event: ControlPlaneEvent) => void
  readonly #server: AdsServer
  readonly #workloads: WorkloadRegistry
  readonly #streams = new Set<OpenStream>()
  #port: number
  #errors: readonly MeshError[] = []
  #unwatch: (() => void) | undefined
  #pushTimer: Timer | undefined
  #recoveryTimer: Timer | undefined
  #closing: Promise<void> | undefined

  constructor(options: ControlPlaneOptions, clock: Clock, directory: MeshDirectory, config: MeshConfig) {
    this.address = options.host ?? '127.0.0.1'
    this.#port = options.port
    this.#clock = clock
    this.#directory = directory
    this.#catalog = new ResourceCatalog(config)
    this.#onEvent = options.onEvent ?? (() => {})
    this.#server = new AdsServer(this, clock)
    this.#workloads = new WorkloadRegistry({
      registered: (workload) => this.#workloadsChanged({ kind: 'workload-registered', workload }),
      removed: (workload) => this.#workloadsChanged({ kind: 'workload-removed', workload }),
    })
  }

  get port(): number {
    return this.#port
  }

  get isRecovering(): boolean {
    return this.#recoveryTimer !== undefined
  }

  async listen(): Promise<void> {
    this.#port = await this.#server.listen({ host: this.address, port: this.#port })
    this.#recoveryTimer = this.#clock.setTimer(recoveryMs, () => {
      this.#recoveryTimer = undefined
      this.#pushSoon()
    })
    this.#unwatch = this.#directory.watch({
      changed: (config, changes) => {
        this.#errors = []
        this.#catalog.update({ config })
        this.#onEvent({ kind: 'reloaded', changes, warnings: config.warnings })
        this.#pushSoon()
      },
      refused: (errors) => {
        this.#errors = errors
        this.#onEvent({ kind: 'refused', errors })
      },
    })
  }

  status(): ControlPlaneStatus {
    return {
      directory: this.#directory.path,
      address: this.address,
      port: this.#port,
      streams: [...this.#streams].map((stream) => stream.status()),
      workloads: this.#workloads.registrations.workloads,
      errors: this.#errors,
      warnings: this.#catalog.config.warnings,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  resources(view: NodeView): NodeResources {
    return this.#catalog.forNode(view)
  }

  opened(stream: OpenStream): void {
    if (this.#closing === undefined) this.#streams.add(stream)
    else stream.end()
  }

  identified(stream: OpenStream, node: ConnectedNode): void {
    const { peer } = stream
    this.#onEvent({ kind: 'stream-opened', nodeId: node.id, peer, protocol: stream.status().protocol })
    if (node.refusal !== undefined) {
      this.#onEvent({ kind: 'workload-refused', nodeId: node.id, reason: node.refusal })
    }
  }

  listenersChanged(stream: OpenStream, node: ConnectedNode): void {
    const { workloads, refusals } = inboundWorkloads(node, stream.listenerNames, stream.peer)
    for (const reason of refusals) this.#onEvent({ kind: 'workload-refused', nodeId: node.id, reason })
    this.#workloads.serve(stream, workloads)
  }

  nacked(node: ConnectedNode, nack: NackStatus): void {
    this.#onEvent({ kind: 'nack', nodeId: node.id, ...nack })
  }

  closed(stream: OpenStream, node: ConnectedNode | undefined): void {
    this.#streams.delete(stream)
    this.#workloads.serve(stream, [])
    if (node !== undefined) this.#onEvent({ kind: 'stream-closed', nodeId: node.id, peer: stream.peer })
  }

  #workloadsChanged(event: ControlPlaneEvent): void {
    this.#catalog.update({ registrations: this.#workloads.registrations })
    this.#onEvent(event)
    this.#pushSoon()
  }

  #pushSoon(): void {
    if (this.#pushTimer !== undefined || this.#closing !== undefined) return
    this.#pushTimer = this.#clock.setTimer(pushDelayMs, () => {
      this.#pushTimer = undefined
      for (const stream of this.#streams) stream.push()
    })
  }

  async #close(): Promise<void> {
    this.#unwatch?.()
    this.#pushTimer?.cancel()
    this.#recoveryTimer?.cancel()
    for (const stream of [...this.#streams]) stream.end()
    await this.#server.close()
  }
}
