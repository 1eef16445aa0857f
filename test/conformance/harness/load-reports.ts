import type * as grpc from '@grpc/grpc-js'
import { create, durationFromMilliseconds, LoadStatsRequest, LoadStatsResponse } from '@inmesh/xds-proto/all'
import type { JsonLine } from '../../support/test-process.js'

type Call = grpc.ServerDuplexStream<LoadStatsRequest, LoadStatsResponse>

/** How often load is to be reported, in milliseconds on the client's clock. */
const intervalMs = 1_000

/** The method that clients report their load by. */
export const reportMethod: grpc.MethodDefinition<LoadStatsRequest, LoadStatsResponse> = {
  path: '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats',
  requestStream: true,
  responseStream: true,
  requestSerialize: (message) => Buffer.from(LoadStatsRequest.encode(message).finish()),
  requestDeserialize: (bytes) => LoadStatsRequest.decode(bytes),
  responseSerialize: (message) => Buffer.from(LoadStatsResponse.encode(message).finish()),
  responseDeserialize: (bytes) => LoadStatsResponse.decode(bytes),
}

/**
 * Asks every client for the load of all of its clusters.
 *
 * @param say - Told of each report.
 */
export function serveReports(say: (line: JsonLine) => void): (call: Call) => void {
  let streams = 0
  return (call) => {
    const stream = ++streams
    call.on('data', ({ node, clusterStats }: LoadStatsRequest) => {
      if (node !== undefined) {
        const loadReportingInterval = durationFromMilliseconds(intervalMs)
        call.write(create(LoadStatsResponse, { sendAllClusters: true, loadReportingInterval }))
      }
      const clusters = clusterStats.map(({ clusterName, upstreamLocalityStats, droppedRequests }) => ({
        name: clusterName,
        localities: upstreamLocalityStats.map((each) => ({
          zone: each.locality?.zone ?? '',
          issued: Number(each.totalIssuedRequests),
          succeeded: Number(each.totalSuccessfulRequests),
          failed: Number(each.totalErrorRequests),
        })),
        dropped: Object.fromEntries(
          droppedRequests.map(({ category, droppedCount }) => [category, Number(droppedCount)]),
        ),
      }))
      say({ event: 'load', stream, clusters })
    })
    const over = (): void => say({ event: 'load-over', stream })
    call.once('end', () => {
      over()
      call.end()
    })
    call.on('error', () => {})
  }
}
