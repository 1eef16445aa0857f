import type { LiveUnsupported } from '@inmesh/xds'
import type { MeshCallOptions, MeshOptions, Readiness } from 'inmesh'
import { eventually } from '../../support/patience.js'
import type { TestScope } from '../../support/test-process.js'
import { Part } from './part.js'
import { serverListenerTemplate } from './resources.js'
import type { ScriptedControlPlane } from './scripted-control-plane.js'

/** Id of the node that a mesh presents: without a domain, so that every host is asked for. */
export const nodeId = 'conformance-1'

/** Options of a mesh in another process, and how fast its time runs. */
export type MeshParameters = Omit<MeshOptions, 'logger' | 'clock' | 'random'> & {
  /** Makes the mesh's clock so many times faster. */
  readonly clockFactor?: number
}

/** A call that the mesh is to make. */
export type CallParameters = {
  readonly url: string
  /** Default GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly mesh?: MeshCallOptions
  /** Default `manual`. */
  readonly redirect?: 'follow' | 'manual'
}

/** What became of a call. */
export type CallResult = {
  /** 0 when there was no response. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Name of the upstream that answered; null for what the mesh answered itself. */
  readonly server: string | null
  readonly error: { readonly code: string | null; readonly message: string } | null
}

/** A resource as the mesh shows it, its bytes left out. */
export interface SeenRecord {
  /** The last part of the type URL. */
  readonly type: string
  readonly name: string
  readonly status: string
  readonly version: string
  readonly hasBytes: boolean
  readonly fault: { readonly details: string; readonly version: string } | null
}

/** By the mesh's clock, which may be a fast one. */
const PATIENCE_MS = 600_000

/** A mesh in a process apart from the test, the control plane and the upstreams. */
export class MeshProcess {
  readonly #part: Part

  private constructor(part: Part) {
    this.#part = part
  }

  /**
   * Starts a mesh. Where the test does not say otherwise, it waits for its configuration as long as the test does, and takes no host for one
   * outside because the control plane is slow.
   */
  static async start(scope: TestScope, options: MeshParameters): Promise<MeshProcess> {
    const parameters: MeshParameters = {
      discoveryTimeoutMs: PATIENCE_MS,
      unknownHostTimeoutMs: PATIENCE_MS,
      ...options,
    }
    return new MeshProcess(await Part.start(scope, new URL('./mesh-script.js', import.meta.url), parameters))
  }

  /** A mesh that is configured by a control plane. */
  static connected(
    scope: TestScope,
    { address }: ScriptedControlPlane,
    parameters: MeshParameters & { readonly serverFeatures?: readonly string[] } = {},
  ): Promise<MeshProcess> {
    const { serverFeatures = [], ...options } = parameters
    const server = { server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: serverFeatures }
    const node = { id: nodeId, cluster: 'conformance' }
    const bootstrap = {
      xds_servers: [server],
      node,
      server_listener_resource_name_template: serverListenerTemplate,
    }
    return MeshProcess.start(scope, { bootstrap, ...options })
  }

  /** Makes a call. */
  call(parameters: CallParameters): Promise<CallResult> {
    return this.#part.ask('call', parameters)
  }

  /** Makes a GET. */
  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<CallResult> {
    return this.call({ url, headers })
  }

  /** Makes a GET until an answer passes: what was accepted takes effect soon, not at once. */
  until(what: string, url: string, passes: (result: CallResult) => boolean): Promise<CallResult> {
    return eventually(what, () => this.get(url), passes)
  }

  /** Makes a GET until a server answers. */
  async answeredBy(server: string, url: string): Promise<void> {
    await this.until(`${server} answers`, url, (result) => result.server === server)
  }

  /**
   * Makes many calls.
   *
   * @returns how many came to each server, status or code.
   */
  calls(url: string, count: number, parameters: Partial<CallParameters> & { callers?: number } = {}): Promise<Tally> {
    const { callers = 4, ...call } = parameters
    return this.#part.ask('calls', { call: { url, ...call }, count, callers })
  }

  /**
   * Starts a server of the mesh, which answers with the path that was asked for.
   *
   * @returns its port on loopback.
   */
  listen(): Promise<number> {
    return this.#part.ask('listen')
  }

  /** Whether the mesh wants callers, and why it does not. */
  readiness(): Promise<Readiness> {
    return this.#part.ask('readiness')
  }

  /** What the mesh does not carry out. */
  unsupported(): Promise<readonly LiveUnsupported[]> {
    return this.#part.ask('unsupported')
  }

  /** What the mesh says of its resources. */
  clientStatus(): Promise<readonly SeenRecord[]> {
    return this.#part.ask('clientStatus')
  }

  /** Every warning and error in the log so far. */
  get warnings(): readonly string[] {
    return this.#part
      .lines()
      .filter(({ event, level }) => event === 'log' && (level === 'warn' || level === 'error'))
      .map(({ message }) => String(message))
  }

  /** Waits for a message in the log. */
  async logged(pattern: RegExp): Promise<string> {
    const line = await this.#part.line(
      `a log message like ${pattern}`,
      ({ event, message }) => event === 'log' && pattern.test(String(message)),
    )
    return String(line.message)
  }

  /** Closes the mesh. */
  close(): Promise<void> {
    return this.#part.ask('close')
  }
}

/** Counts by server, status or code. */
export type Tally = Readonly<Record<string, number>>
