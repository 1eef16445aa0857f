import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DataPlane, SystemClock, SystemRandom } from '@inmesh/core'
import { HttpCarrier } from '@inmesh/http'
import {
  AdsClient,
  type ControlStream,
  DependencyTree,
  parseBootstrap,
  type StreamListener,
  type StreamOpener,
  templateNaming,
} from '@inmesh/xds'
import { DiscoveryRequest, DiscoveryResponse } from '@inmesh/xds-proto'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import { measureStall, type WorkCost } from './support/event-loop-stall.js'

const ENDPOINTS = 10_000
const UPDATES = 10
const STALL_MS = 20
const COLD_MS = 150
const WARM_MS = 60
const TARGET = 'shop.demo.svc.cluster.local:80'

/** The first assignment of a large service, and later ones in which one endpoint differs: from the bytes to a target that can be called. */
export async function benchEndpoints(): Promise<readonly Row[]> {
  const script = fileURLToPath(new URL('./support/large-service-process.js', import.meta.url))
  const sizes = [`${ENDPOINTS}`, `${UPDATES}`]
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...sizes], { maxBuffer: 2 ** 30 })
  const lines = stdout.trim().split('\n')
  const bare = median([0, 1, 2].map(() => plainDecodeMs(lines[3]!)))
  const responses = lines.map((line) => new Uint8Array(Buffer.from(line, 'base64')))
  // Nothing of a mesh keeps a process alive that has nothing else to do.
  const alive = setInterval(() => {}, 1000)
  const opener = new PreparedStream(responses.slice(0, 3))
  const clock = new SystemClock()
  const random = new SystemRandom()
  const { servers, node } = parseBootstrap({
    xds_servers: [{ server_uri: 'bench:1', channel_creds: [{ type: 'insecure' }] }],
    node: { id: 'bench' },
  })
  const client = new AdsClient({ server: servers[0]!, node, clock, random, opener })
  const tree = new DependencyTree({ provider: client, naming: templateNaming() })
  const plane = new DataPlane({ source: tree, clock, random, carriers: [new HttpCarrier()] })
  const target = plane.target(TARGET)
  await opener.answered
  const costs: WorkCost[] = []
  for (const response of responses.slice(3)) {
    const settled = new Promise<void>((resolve) => target.whenSettled(resolve))
    costs.push(
      await measureStall(() => {
        opener.respond(response)
        return settled
      }),
    )
  }
  clearInterval(alive)
  plane.close()
  tree.close()
  client.close()
  const [cold, ...warm] = costs
  return [
    { ...row(`first assignment of ${ENDPOINTS} endpoints, CPU time`, cold!.cpuMs, COLD_MS), bare: text(bare) },
    row(`first assignment of ${ENDPOINTS} endpoints, longest stall`, cold!.stallMs, STALL_MS),
    row('the same with one endpoint changed, CPU time', median(warm.map(({ cpuMs }) => cpuMs)), WARM_MS),
    row('the same with one endpoint changed, longest stall', median(warm.map(({ stallMs }) => stallMs)), STALL_MS),
  ]
}

/** What decoding alone costs, in a fresh process too. */
function plainDecodeMs(response: string): number {
  const script = fileURLToPath(new URL('./support/plain-decode-process.js', import.meta.url))
  return Number(execFileSync(process.execPath, [script], { input: response, encoding: 'utf8' }))
}

function row(what: string, valueMs: number, limitMs: number): Row {
  return { what, bare: '', mesh: text(valueMs), target: `< ${limitMs} ms`, met: valueMs < limitMs }
}

function text(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`
}

/** A stream that answers the first request of each type with what was prepared for it. */
class PreparedStream implements StreamOpener {
  /** Resolves once something was asked for that was not prepared. */
  readonly answered: Promise<void>
  readonly #responses: ReadonlyMap<string, Uint8Array>
  #listener: StreamListener | undefined
  #onAnswered: () => void = () => {}

  constructor(responses: readonly Uint8Array[]) {
    this.#responses = new Map(responses.map((response) => [DiscoveryResponse.decode(response).typeUrl, response]))
    this.answered = new Promise((resolve) => {
      this.#onAnswered = resolve
    })
  }

  openStream(_method: string, listener: StreamListener): ControlStream {
    this.#listener = listener
    setImmediate(() => listener.opened())
    return {
      send: (request) => this.#requested(request),
      pause: () => {},
      resume: () => {},
      finish: () => {},
      cancel: () => {},
    }
  }

  respond(response: Uint8Array): void {
    this.#listener?.message(response)
  }

  close(): void {}

  #requested(request: Uint8Array): void {
    const { typeUrl, responseNonce } = DiscoveryRequest.decode(request)
    // Acknowledgements are of no interest.
    if (responseNonce !== '') return
    const response = this.#responses.get(typeUrl)
    if (response === undefined) setImmediate(this.#onAnswered)
    else setImmediate(() => this.respond(response))
  }
}
