import { eventually } from '../../support/patience.js'
import type { TestScope } from '../../support/test-process.js'
import type { GrpcResult } from './grpc-call.js'
import type { Tally } from './mesh-process.js'
import { Part } from './part.js'
import type { ScriptedControlPlane } from './scripted-control-plane.js'

/** How the process is made. */
export type GrpcMeshParameters = {
  readonly address: string
  /** Makes the clock so many times faster. */
  readonly clockFactor: number
  readonly serverFeatures: readonly string[]
  readonly seed: number
}

/** A unary call. */
export type GrpcCallParameters = {
  /** `host:port`. */
  readonly target: string
  /** `/package.Service/Method` that routes are matched with. */
  readonly path?: string
  /** Metadata. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default one minute, by the process's clock. */
  readonly deadlineMs?: number
}

/** Calls decided by gRPC's rules, in a process apart from the test, the control plane and the upstreams. */
export class GrpcMeshProcess {
  readonly #part: Part

  private constructor(part: Part) {
    this.#part = part
  }

  static async start(
    scope: TestScope,
    { address }: ScriptedControlPlane,
    parts: Partial<Omit<GrpcMeshParameters, 'address'>> = {},
  ): Promise<GrpcMeshProcess> {
    const parameters: GrpcMeshParameters = { address, clockFactor: 1, serverFeatures: [], seed: 1, ...parts }
    return new GrpcMeshProcess(await Part.start(scope, new URL('./grpc-mesh-script.js', import.meta.url), parameters))
  }

  call(target: string, parameters: Omit<GrpcCallParameters, 'target'> = {}): Promise<GrpcResult> {
    return this.#part.ask('call', { target, ...parameters })
  }

  /** Makes calls one after the other, and counts them by server or status. */
  calls(target: string, count: number, parameters: Omit<GrpcCallParameters, 'target'> = {}): Promise<Tally> {
    return this.#part.ask('calls', { call: { target, ...parameters }, count })
  }

  /** Whether a connection to a port was given up so far. */
  released(port: number): boolean {
    return this.#part.lines().some((line) => line.event === 'released' && line.port === port)
  }

  /** Names that were looked up so far, in order. */
  lookups(): unknown[] {
    return this.#part.lines().flatMap(({ event, name }) => (event === 'looked up' ? [name] : []))
  }

  /** As much as was said; what comes later has an index from here on. */
  get mark(): number {
    return this.#part.mark
  }

  /** The next look-up of a name, from a mark on. */
  async lookup(from: number): Promise<void> {
    await this.#part.line('a look-up of a name', ({ event }) => event === 'looked up', from)
  }

  /** Makes a call until a server answers. */
  async answeredBy(server: string, target: string): Promise<void> {
    await eventually(
      `${server} answers`,
      () => this.call(target),
      (result) => result.server === server,
    )
  }
}
