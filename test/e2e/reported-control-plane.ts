import { after } from 'node:test'
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
import type { ProtoJson } from '../interop/resources.js'

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
export class ReportedControlPlane {
  /** Every report so far. */
  readonly reports: ClusterStats[][] = []
  /** Called after each report. */
  onReport: () => void = () => {}
  /** Ends of load report streams. */
  farewells = 0
  readonly #server = new grpc.Server()
  readonly #resources = new Map<string, { typeUrl: string; value: Uint8Array }[]>()

  /**
   * @param resources - What it serves.
   */
  constructor(resources: readonly ProtoJson[]) {
    for (const resource of resources) {
      const any = json.encodeAny(resource)
      this.#resources.set(any.typeUrl, [...(this.#resources.get(any.typeUrl) ?? []), any])
    }
  }

  /** Listens until the tests of the file are over, and gives its address. */
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
        this.onReport()
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
