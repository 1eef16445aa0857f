import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type JsonLine, TestProcess, type TestScope } from '../support/test-process.js'
import type { ProtoJson } from './resources.js'

const source = fileURLToPath(new URL('../../interop/go-control-plane', import.meta.url))
const binary = `${source}/bin/go-control-plane`

/** What go says when the machine, not the program, is at fault. */
const machineProblem =
  /dial tcp|lookup |no such host|i\/o timeout|handshake|proxyconnect|lookup disabled|requires go >=|toolchain/

/**
 * Builds the control plane. The first build takes minutes where nothing of it is in go's caches.
 *
 * @returns why it cannot be built here, for a test's `skip`; false when it was.
 * @throws Error when the program itself is at fault.
 */
export function buildGoControlPlane(): string | false {
  const found = spawnSync('go', ['version'])
  if (found.error !== undefined) return 'go is not installed, so nothing was tested against go-control-plane'
  const options = { cwd: source, env: { ...process.env, GOWORK: 'off' }, encoding: 'utf8' } as const
  // Fetches what the build needs, and compiles nothing.
  const fetched = spawnSync('go', ['list', '-deps', '.'], options)
  if (fetched.status !== 0) {
    const reason = fetched.stderr.trim().split('\n').at(-1) ?? ''
    if (machineProblem.test(fetched.stderr)) return `go modules cannot be had here, so nothing was tested: ${reason}`
    throw new Error(`go list failed:\n${fetched.stderr}`)
  }
  const built = spawnSync('go', ['build', '-o', binary, '.'], options)
  if (built.status !== 0) throw new Error(`go build failed:\n${built.stderr}`)
  return false
}

/** A request that the control plane received. */
export interface DiscoveryRequest {
  /** Milliseconds on the control plane's clock. */
  readonly atMs: number
  readonly stream: number
  /** The last part of the type URL, such as `RouteConfiguration`. */
  readonly type: string
  readonly version: string
  readonly nonce: string
  /** Of a state-of-the-world request. */
  readonly names: readonly string[] | null
  /** Whether it is an incremental one; the lists after it belong to that, and are absent when empty. */
  readonly delta: boolean
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: readonly string[]
  /** Versions by name. */
  readonly initialVersions?: Readonly<Record<string, string>>
  /** `error_detail`, null when there was none: the request was no NACK. */
  readonly error: string | null
  /** Id of the node, null when the request carried none. */
  readonly node: string | null
}

/** A response that the control plane sent. */
export interface DiscoveryResponse {
  readonly stream: number
  readonly type: string
  readonly version: string
  readonly nonce: string
  /** How many resources it holds. */
  readonly count: number
}

/** A go-control-plane server in a process of its own. */
export class GoControlPlane {
  readonly #process: TestProcess
  readonly #admin: string
  /** Where it serves ADS, `host:port`. */
  readonly address: string

  private constructor(process: TestProcess, { xds, admin }: JsonLine) {
    this.#process = process
    this.address = String(xds)
    this.#admin = `http://${admin}`
  }

  static async start(scope: TestScope): Promise<GoControlPlane> {
    const process = TestProcess.program(scope, binary)
    return new GoControlPlane(process, await process.event('listening'))
  }

  /** A gRPC bootstrap that names this server. */
  bootstrap(nodeId: string): string {
    return JSON.stringify({
      xds_servers: [{ server_uri: this.address, channel_creds: [{ type: 'insecure' }] }],
      node: { id: nodeId, cluster: 'interop' },
    })
  }

  /** How much it has told, to wait for what comes after. */
  get mark(): number {
    return this.#process.lines.length
  }

  get requests(): readonly DiscoveryRequest[] {
    return this.#process.lines.filter((line) => line.event === 'request') as unknown as DiscoveryRequest[]
  }

  get responses(): readonly DiscoveryResponse[] {
    return this.#process.lines.filter((line) => line.event === 'response') as unknown as DiscoveryResponse[]
  }

  /** Times at which a connection was refused, in milliseconds on the control plane's clock. */
  get refusals(): readonly number[] {
    return this.#process.lines.filter((line) => line.event === 'refused').map((line) => Number(line.atMs))
  }

  /** Serves these resources from now on. Each version must differ from the one before. */
  async serve(version: string, resources: readonly ProtoJson[]): Promise<void> {
    await this.#post('/snapshot', JSON.stringify({ version, resources }))
  }

  /** Ends every stream; connections stay. */
  async endStreams(): Promise<void> {
    await this.#post('/kill')
  }

  /** Resets every connection, and each new one, until told otherwise. */
  async refuse(on: boolean): Promise<void> {
    await this.#post(`/refuse?on=${on ? 1 : 0}`)
  }

  /** The first request, past or future, that passes. */
  async request(what: string, passes: (request: DiscoveryRequest) => boolean, from = 0): Promise<DiscoveryRequest> {
    const line = await this.#process.line(
      what,
      (line) => line.event === 'request' && passes(line as unknown as DiscoveryRequest),
      from,
    )
    return line as unknown as DiscoveryRequest
  }

  /** The ACK of a version of a type. */
  async acknowledged(type: string, version: string): Promise<DiscoveryRequest> {
    return await this.request(
      `the ACK of ${type} ${version}`,
      (request) =>
        request.type === type && request.version === version && request.nonce !== '' && request.error === null,
    )
  }

  /** Waits until so many connections have been refused. */
  async refused(count: number): Promise<void> {
    await this.#process.line(`refusal ${count}`, () => this.refusals.length >= count)
  }

  async #post(path: string, body = ''): Promise<void> {
    const response = await fetch(this.#admin + path, { method: 'POST', body })
    assert.equal(response.status, 200, await response.text())
  }
}
