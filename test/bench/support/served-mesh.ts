import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DataPlane, SystemClock, SystemRandom } from '@inmesh/core'
import { HttpCarrier, MeshDispatcher } from '@inmesh/http'
import { AdsClient, DependencyTree, parseBootstrap, templateNaming } from '@inmesh/xds'
import type { Dispatcher } from 'undici'

/** A mesh whose configuration the benchmark of updates changes. */
export interface ChangingMesh {
  /** Carries the load. */
  readonly dispatcher: Dispatcher
  /**
   * Publishes the configuration of a step, and resolves when it is in use. Each differs from the one before.
   *
   * @param step - From 0.
   */
  publish(step: number): Promise<void>
  /** Closes everything. */
  close(): Promise<void>
}

const HOST = 'shop.demo.svc.cluster.local'

/**
 * A mesh that learns every step over ADS, from a control plane in a process of its own that reads the files which a step writes.
 *
 * @param ports - Ports of the service.
 */
export async function servedMesh(ports: readonly number[]): Promise<ChangingMesh> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-bench-'))
  await writeStep(directory, ports, 0)
  const controlPlane = fork(fileURLToPath(new URL('./control-plane-process.js', import.meta.url)), [directory])
  const [port] = (await once(controlPlane, 'message')) as [number]
  const clock = new SystemClock()
  const random = new SystemRandom()
  const { servers, node } = parseBootstrap({
    xds_servers: [{ server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: 'insecure' }] }],
    node: { id: 'sidecar~127.0.0.1~bench.demo~demo.svc.cluster.local', metadata: { NAMESPACE: 'demo' } },
  })
  const client = new AdsClient({ server: servers[0]!, node, clock, random })
  const tree = new DependencyTree({ provider: client, naming: templateNaming('%s') })
  const carrier = new HttpCarrier()
  const plane = new DataPlane({ source: tree, clock, random, carriers: [carrier] })
  const dispatcher = new MeshDispatcher({ plane, carrier })
  const target = plane.target('shop.demo:80')
  return {
    dispatcher,
    publish: async (step) => {
      const applied = new Promise<void>((resolve) => target.whenSettled(resolve))
      if (step > 0) await writeStep(directory, ports, step)
      await applied
    },
    close: async () => {
      await dispatcher.close()
      plane.close()
      tree.close()
      client.close()
      const exit = once(controlPlane, 'exit')
      controlPlane.disconnect()
      await exit
      await rm(directory, { recursive: true })
    },
  }
}

/** In turn a step changes the endpoints, their weights, the split, the routes, or the name of a subset, which is another cluster. */
async function writeStep(directory: string, ports: readonly number[], step: number): Promise<void> {
  const [endpoints, weights, split, routes, subsets] = [0, 1, 2, 3, 4].map((kind) => Math.floor((step + 4 - kind) / 5))
  const canary = `v2-${subsets}`
  const half = ports.length / 2
  const listed = ports
    .map((port, index) => ({ port, index, version: index < half ? 'v1' : 'v2' }))
    .filter(({ index }) => (index + endpoints!) % 3 !== 0)
    .map(({ port, index, version }) => ({
      address: '127.0.0.1',
      ports: { http: port },
      weight: 1 + ((index + weights!) % 3),
      labels: { version },
    }))
  const share = (split! * 7) % 101
  const to = (subset: string, weight: number) => ({ destination: { host: HOST, subset }, weight })
  const betas = Array.from({ length: 1 + (routes! % 5) }, (_, index) => ({
    match: [{ uri: { prefix: `/beta-${routes}-${index}/` } }],
    route: [to(canary, 100)],
  }))
  const documents = [
    {
      kind: 'ServiceEntry',
      spec: {
        hosts: [HOST],
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
        ports: [{ name: 'http', number: 80, protocol: 'HTTP' }],
        endpoints: listed,
      },
    },
    {
      kind: 'DestinationRule',
      spec: {
        host: HOST,
        subsets: [
          { name: 'v1', labels: { version: 'v1' } },
          { name: canary, labels: { version: 'v2' } },
        ],
      },
    },
    {
      kind: 'VirtualService',
      spec: { hosts: [HOST], http: [...betas, { route: [to('v1', 100 - share), to(canary, share)] }] },
    },
  ]
  const text = documents.map((document) =>
    JSON.stringify({
      apiVersion: 'networking.istio.io/v1',
      metadata: { name: 'shop', namespace: 'demo' },
      ...document,
    }),
  )
  // Written beside and moved over, so that no half of it is ever read.
  await writeFile(join(directory, 'shop.yaml.new'), text.join('\n---\n'))
  await rename(join(directory, 'shop.yaml.new'), join(directory, 'shop.yaml'))
}
