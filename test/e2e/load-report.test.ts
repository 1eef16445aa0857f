import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import {
  type ClusterStats,
  create,
  DiscoveryRequest,
  DiscoveryResponse,
  durationFromMilliseconds,
  LoadStatsRequest,
  LoadStatsResponse,
  type MessageCodec,
} from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import { createMesh } from 'inmesh'
import { cluster, endpoints, listener, type ProtoJson, routes } from '../interop/resources.js'

const json = loadJsonCodec()

function streams<Request, Response>(path: string, request: MessageCodec<Request>, response: MessageCodec<Response>) {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: Request) => Buffer.from(request.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (message: Response) => Buffer.from(response.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  }
}

/** A control plane that serves what it is given and asks for the load of every cluster. */
class ReportedControlPlane {
  readonly reports: ClusterStats[][] = []
  /** Ends of load report streams. */
  farewells = 0
  readonly #server = new grpc.Server()
  readonly #resources = new Map<string, { typeUrl: string; value: Uint8Array }[]>()
  readonly #onReport: () => void

  constructor(resources: readonly ProtoJson[], onReport: () => void) {
    this.#onReport = onReport
    for (const resource of resources) {
      const any = json.encodeAny(resource)
      this.#resources.set(any.typeUrl, [...(this.#resources.get(any.typeUrl) ?? []), any])
    }
  }

  async start(): Promise<string> {
    const ads = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
    const lrs = '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats'
    this.#server.addService(
      {
        Ads: streams(ads, DiscoveryRequest, DiscoveryResponse),
        Lrs: streams(lrs, LoadStatsRequest, LoadStatsResponse),
      },
      { Ads: (call: AdsCall) => this.#serve(call), Lrs: (call: LrsCall) => this.#ask(call) },
    )
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(error)
      })
    })
    after(() => this.#server.forceShutdown())
    return `127.0.0.1:${port}`
  }

  #serve(call: AdsCall): void {
    call.on('data', ({ typeUrl, responseNonce }: DiscoveryRequest) => {
      if (responseNonce !== '') return
      const resources = this.#resources.get(typeUrl) ?? []
      call.write(create(DiscoveryResponse, { typeUrl, versionInfo: '1', nonce: '1', resources }))
    })
  }

  #ask(call: LrsCall): void {
    call.on('data', ({ node, clusterStats }: LoadStatsRequest) => {
      if (node === undefined) {
        this.reports.push([...clusterStats])
        this.#onReport()
        return
      }
      const loadReportingInterval = durationFromMilliseconds(1_000)
      call.write(create(LoadStatsResponse, { sendAllClusters: true, loadReportingInterval }))
    })
    call.on('end', () => {
      this.farewells++
      call.end()
    })
  }
}

type AdsCall = grpc.ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>
type LrsCall = grpc.ServerDuplexStream<LoadStatsRequest, LoadStatsResponse>

test('a control plane hears of the load of a cluster, and of the last of it when the mesh closes', async () => {
  const upstream = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  after(() => upstream.close())

  const { port } = upstream.address() as AddressInfo
  let reported = (): void => {}
  const plane = new ReportedControlPlane(
    [
      listener('catalog:80'),
      routes('catalog:80', { weights: { catalog: 1 } }),
      { ...cluster('catalog'), lrs_server: { self: {} } },
      endpoints('catalog', port),
    ],
    () => reported(),
  )
  const address = await plane.start()
  const mesh = await createMesh({
    bootstrap: {
      xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'caller' },
    },
  })

  const firstReport = new Promise<void>((resolve) => {
    reported = () => {
      if (plane.reports.at(-1)!.length > 0) resolve()
    }
  })
  for (const status of [200, 404]) {
    const response = await mesh.fetch(`http://catalog/${status}`)
    assert.equal(response.status, status)
    await response.text()
  }
  await firstReport
  await (await mesh.fetch('http://catalog/500')).text()
  await mesh.close()

  const stats = plane.reports.flat()
  assert.deepEqual([...new Set(stats.map(({ clusterName }) => clusterName))], ['catalog'])
  const localities = stats.flatMap(({ upstreamLocalityStats }) => upstreamLocalityStats)
  const sum = (count: (each: (typeof localities)[number]) => bigint): bigint =>
    localities.reduce((total, each) => total + count(each), 0n)
  assert.deepEqual(
    [
      sum((each) => each.totalIssuedRequests),
      sum((each) => each.totalSuccessfulRequests),
      sum((each) => each.totalErrorRequests),
      localities.at(-1)?.totalRequestsInProgress,
    ],
    [3n, 2n, 1n, 0n],
  )
  assert.equal(plane.farewells, 1)
})
