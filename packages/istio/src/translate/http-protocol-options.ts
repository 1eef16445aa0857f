import {
  type Any,
  anyOf,
  create,
  durationFromMilliseconds,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
  HttpProtocolOptions,
  UpstreamHttpProtocolOptions,
  UpstreamHttpProtocolOptions_ExplicitHttpConfig,
} from '@inmesh/xds-proto'
import type { ServicePort } from '../model/service-entry.js'
import type { ConnectionPoolSettings } from '../model/traffic-policy.js'

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/**
 * Says which HTTP is spoken to a cluster and how long its connections live. Nothing is said of HTTP/1.1 without limits.
 *
 * @param port - The service's port.
 * @param pool - Settings of its connections.
 */
export function httpProtocolOptions(port: ServicePort, pool: ConnectionPoolSettings | undefined): Map<string, Any> {
  const http2 = port.protocol === 'http2' || (port.protocol === 'http' && pool?.upgradeToHttp2 === true)
  const common = commonOptions(pool)
  if (port.protocol === 'opaque' || (!http2 && common === undefined)) return new Map()
  const options = create(UpstreamHttpProtocolOptions, {
    commonHttpProtocolOptions: common,
    upstreamProtocolOptions: {
      $case: 'explicitHttpConfig',
      value: create(UpstreamHttpProtocolOptions_ExplicitHttpConfig, {
        protocolConfig: http2
          ? {
              $case: 'http2ProtocolOptions',
              value: create(Http2ProtocolOptions, { maxConcurrentStreams: pool?.maxConcurrentStreams }),
            }
          : { $case: 'httpProtocolOptions', value: create(Http1ProtocolOptions) },
      }),
    },
  })
  return new Map([[optionsName, anyOf(UpstreamHttpProtocolOptions, options)]])
}

function commonOptions(pool: ConnectionPoolSettings | undefined): HttpProtocolOptions | undefined {
  if (pool?.idleTimeoutMs === undefined && pool?.maxRequestsPerConnection === undefined) return undefined
  return create(HttpProtocolOptions, {
    idleTimeout: pool.idleTimeoutMs === undefined ? undefined : durationFromMilliseconds(pool.idleTimeoutMs),
    maxRequestsPerConnection: pool.maxRequestsPerConnection,
  })
}
