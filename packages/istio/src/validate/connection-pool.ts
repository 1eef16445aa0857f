import type { ConnectionPoolSettings } from '../model/traffic-policy.js'
import type { YamlFields } from '../read/yaml-fields.js'

const countRange = { min: 0, max: 0x7fff_ffff }

/** Reads the `connectionPool` of a traffic policy. */
export function readConnectionPool(fields: YamlFields): ConnectionPoolSettings {
  const tcp = fields.fields('tcp', readTcp) ?? {}
  const http = fields.fields('http', readHttp) ?? {}
  return { ...tcp, ...http }
}

function readTcp(fields: YamlFields): ConnectionPoolSettings {
  fields.notCarriedOut(['tcpKeepalive', 'maxConnectionDuration'], 'the limits of a connection are')
  const maxConnections = readLimit(fields, 'maxConnections')
  const connectTimeoutMs = fields.durationMs('connectTimeout')
  const idleTimeoutMs = fields.durationMs('idleTimeout')
  if (connectTimeoutMs === 0) fields.get('connectTimeout')?.fail('must be more than 0')
  return {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
  }
}

function readHttp(fields: YamlFields): ConnectionPoolSettings {
  fields.notCarriedOut(['useClientProtocol', 'http2KeepAlive'], 'the protocol is that of the port')
  const maxPendingRequests = readLimit(fields, 'http1MaxPendingRequests')
  const maxRequests = readLimit(fields, 'http2MaxRequests')
  const maxRetries = readLimit(fields, 'maxRetries')
  const maxRequestsPerConnection = readLimit(fields, 'maxRequestsPerConnection')
  const maxConcurrentStreams = readLimit(fields, 'maxConcurrentStreams')
  const idleTimeoutMs = fields.durationMs('idleTimeout')
  const upgrade = fields.oneOf('h2UpgradePolicy', ['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'])
  return {
    ...(maxPendingRequests === undefined ? {} : { maxPendingRequests }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(maxRequestsPerConnection === undefined ? {} : { maxRequestsPerConnection }),
    ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(upgrade === 'UPGRADE' ? { upgradeToHttp2: true } : {}),
  }
}

// Istio cannot tell 0 from absent, and takes both as no limit.
function readLimit(fields: YamlFields, name: string): number | undefined {
  const limit = fields.integer(name, countRange)
  return limit === 0 ? undefined : limit
}
