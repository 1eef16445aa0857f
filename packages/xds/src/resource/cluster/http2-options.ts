import type { Http2Keepalive, Http2Options } from '@inmesh/core'
import type { Http2ProtocolOptions, KeepaliveSettings } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translatePercent } from './percent.js'

/** The most that HTTP/2 counts to (RFC 9113), and the window that every server may count on. */
const MOST = 0x7fff_ffff
const LEAST_WINDOW = 65_535

/** KeepaliveSettings.interval_jitter. */
const DEFAULT_JITTER_PERCENT = 15

const FLOODS = leftOut('how many frames a server may send is limited by the carrier only')

const FIELDS = new FieldTreatments<Http2ProtocolOptions>({
  hpackTableSize: CARRIED,
  maxConcurrentStreams: CARRIED,
  initialStreamWindowSize: CARRIED,
  initialConnectionWindowSize: CARRIED,
  connectionKeepalive: CARRIED,
  // Extended CONNECT is the server's to allow; metadata frames and the choice of a codec are Envoy's own.
  allowConnect: MOOT,
  allowMetadata: MOOT,
  maxMetadataSize: MOOT,
  useOghttp2Codec: MOOT,
  enableHuffmanEncoding: MOOT,
  maxOutboundFrames: FLOODS,
  maxOutboundControlFrames: FLOODS,
  maxConsecutiveInboundFramesWithEmptyPayload: FLOODS,
  maxInboundPriorityFramesPerStream: FLOODS,
  maxInboundWindowUpdateFramesPerDataFrameSent: FLOODS,
  // What is invalid ends its own stream in any case.
  streamErrorOnInvalidHttpMessaging: MOOT,
  overrideStreamErrorOnInvalidHttpMessage: MOOT,
  customSettingsParameters: leftOut('settings are sent by their named fields only'),
})

const KEEPALIVE_FIELDS = new FieldTreatments<KeepaliveSettings>({
  interval: CARRIED,
  timeout: CARRIED,
  intervalJitter: CARRIED,
  connectionIdleInterval: CARRIED,
})

/**
 * Translates how HTTP/2 is spoken. gRPC does not read it, so that what is malformed costs HTTP calls only.
 *
 * @param scope - Where the options stand.
 * @param options - The options.
 * @param refusals - Refusals of the cluster.
 */
export function translateHttp2Options(
  scope: FieldScope,
  options: Http2ProtocolOptions | undefined,
  refusals: ViewReasons,
): Http2Options {
  if (options === undefined) return {}
  FIELDS.apply(scope, options, refusals)
  const within = (field: string, value: number | undefined, least: number): number | undefined => {
    if (value === undefined || (value >= least && value <= MOST)) return value
    refusals.add(scope.at(field), `must be ${least} to ${MOST}`, ['http'])
    return undefined
  }
  const { hpackTableSize: headerTableBytes, connectionKeepalive } = options
  const maxConcurrentStreams = within('max_concurrent_streams', options.maxConcurrentStreams, 1)
  const streamWindowBytes = within('initial_stream_window_size', options.initialStreamWindowSize, LEAST_WINDOW)
  const connectionWindow = options.initialConnectionWindowSize
  const connectionWindowBytes = within('initial_connection_window_size', connectionWindow, LEAST_WINDOW)
  const keepalive =
    connectionKeepalive && translateKeepalive(scope.at('connection_keepalive'), connectionKeepalive, refusals)
  return {
    ...(maxConcurrentStreams !== undefined && { maxConcurrentStreams }),
    ...(streamWindowBytes !== undefined && { streamWindowBytes }),
    ...(connectionWindowBytes !== undefined && { connectionWindowBytes }),
    ...(headerTableBytes !== undefined && { headerTableBytes }),
    ...(keepalive && { keepalive }),
  }
}

function translateKeepalive(
  scope: FieldScope,
  settings: KeepaliveSettings,
  refusals: ViewReasons,
): Http2Keepalive | undefined {
  KEEPALIVE_FIELDS.apply(scope, settings, refusals)
  const milliseconds = (field: string, duration: KeepaliveSettings['interval']): number | undefined => {
    const value = duration && translateDuration(scope.at(field), duration)
    if (value === undefined || value >= 1) return value
    refusals.add(scope.at(field), 'must be 1 ms or more', ['http'])
    return undefined
  }
  const timeoutMs = milliseconds('timeout', settings.timeout)
  const intervalMs = milliseconds('interval', settings.interval)
  const idleIntervalMs = milliseconds('connection_idle_interval', settings.connectionIdleInterval)
  if (settings.timeout === undefined) refusals.add(scope.at('timeout'), 'is required', ['http'])
  if (timeoutMs === undefined) return undefined
  const { intervalJitter } = settings
  const jitter = intervalJitter && translatePercent(scope.at('interval_jitter'), intervalJitter, refusals)
  return {
    timeoutMs,
    jitterPercent: jitter ?? DEFAULT_JITTER_PERCENT,
    ...(intervalMs !== undefined && { intervalMs }),
    ...(idleIntervalMs !== undefined && { idleIntervalMs }),
  }
}
