import { SystemClock, SystemRandom } from '@inmesh/core'
import {
  AdsClient,
  type ControlStream,
  clusterType,
  type StreamListener,
  type StreamOpener,
  type XdsProtocol,
} from '@inmesh/xds'
import { create, DeltaDiscoveryResponse, DiscoveryResponse, Resource, TypeUrl } from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import { istioCluster } from './support/istio-cluster.js'

const CLUSTERS = 1000
const ROUNDS = 200
const LIMIT_MS = 5

/** What istiod does on every edit of anything: all clusters again, none of them changed, from the bytes of the response to the ACK. */
export async function benchResend(): Promise<readonly Row[]> {
  const clusters = serializedClusters()
  const rows: Row[] = []
  for (const protocol of ['sotw', 'delta'] as const) {
    const client = new ServedClient(protocol)
    await client.receive(responseOf(protocol, clusters, 0))
    const told = client.told
    const times: number[] = []
    for (let round = 1; round <= ROUNDS; round++)
      times.push(await client.receive(responseOf(protocol, clusters, round)))
    if (client.told !== told) throw new Error(`${client.told - told} clusters were told again`)
    client.close()
    const middle = median(times)
    rows.push({
      what: `${CLUSTERS} clusters sent again unchanged, ${protocol}`,
      bare: '',
      mesh: `${middle.toFixed(1)} ms`,
      target: `< ${LIMIT_MS} ms`,
      met: middle < LIMIT_MS,
    })
  }
  return rows
}

/** A client of all clusters whose control plane is in the same process, so that nothing but the client is measured. */
class ServedClient {
  told = 0
  readonly #client: AdsClient
  #listener: StreamListener | undefined
  #resumed: () => void = () => {}

  constructor(protocol: XdsProtocol) {
    const stream: ControlStream = {
      send() {},
      finish() {},
      cancel() {},
      pause() {},
      resume: () => this.#resumed(),
    }
    const opener: StreamOpener = {
      openStream: (_method, listener) => {
        this.#listener = listener
        return stream
      },
      close() {},
    }
    this.#client = new AdsClient({
      server: { uri: 'here', target: 'here', credentials: { type: 'insecure' }, callCredentials: [], features: [] },
      node: { id: 'bench', cluster: '', locality: undefined, metadata: {} },
      clock: new SystemClock(),
      random: new SystemRandom(),
      protocol,
      opener,
    })
    const told = (): void => {
      this.told++
    }
    this.#client.watchAll(clusterType, {
      changed: told,
      removed: told,
      failed: told,
      ambient: told,
      complete() {},
      unreachable() {},
    })
    this.#listener?.opened()
  }

  /** @returns milliseconds of CPU time until the client wants the next response. */
  async receive(bytes: Uint8Array): Promise<number> {
    // Timers of the mesh do not keep a process alive.
    const alive = setInterval(() => {}, 1000)
    const begun = process.cpuUsage()
    await new Promise<void>((resolve) => {
      this.#resumed = resolve
      // A Buffer, as grpc-js has it.
      this.#listener?.message(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    })
    const { user, system } = process.cpuUsage(begun)
    clearInterval(alive)
    return (user + system) / 1000
  }

  close(): void {
    this.#client.close()
  }
}

interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

function responseOf(protocol: XdsProtocol, clusters: readonly NamedBytes[], round: number): Uint8Array {
  const typeUrl = TypeUrl.Cluster
  const nonce = String(round)
  if (protocol === 'sotw') {
    const resources = clusters.map(({ bytes }) => ({ typeUrl, value: bytes }))
    return DiscoveryResponse.encode(
      create(DiscoveryResponse, { typeUrl, nonce, versionInfo: nonce, resources }),
    ).finish()
  }
  const resources = clusters.map(({ name, bytes }) =>
    create(Resource, { name, version: nonce, resource: { typeUrl, value: bytes } }),
  )
  return DeltaDiscoveryResponse.encode(
    create(DeltaDiscoveryResponse, { typeUrl, nonce, systemVersionInfo: nonce, resources }),
  ).finish()
}

function serializedClusters(): readonly NamedBytes[] {
  const codec = loadJsonCodec()
  return Array.from({ length: CLUSTERS }, (_, index) => {
    const json = istioCluster(`service-${index}`)
    return { name: json.name, bytes: codec.encode(TypeUrl.Cluster, json) }
  })
}
