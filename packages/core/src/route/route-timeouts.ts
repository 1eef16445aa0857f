import type { RequestView } from '../call/request-view.js'
import { EXPECTED_TIMEOUT_HEADER, GRPC_TIMEOUT_HEADER, parseGrpcTimeoutMs } from '../context/deadline.js'
import type { ForwardAction } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { View } from '../model/view.js'

/** Envoy's RouteAction.timeout when it is not set. */
const DEFAULT_TIMEOUT_MS = 15_000
/** Envoy's HttpConnectionManager.stream_idle_timeout when it is not set. */
const DEFAULT_IDLE_MS = 300_000

/** What a route says about time, resolved for one view. 0 means no limit. */
export interface RouteTimeouts {
  /** From the end of the request to the end of the response in milliseconds, all attempts included. */
  readonly requestMs: number
  /** From the start of the request to the end of the response in milliseconds, all attempts included. */
  readonly streamMs: number
  /** Without a byte in either direction, in milliseconds. */
  readonly idleMs: number
  /** From the start of the request to its end in milliseconds. */
  readonly sendingMs: number
  /** Present where the `grpc-timeout` of a request takes the place of `streamMs`. */
  readonly grpcHeader: GrpcHeaderLimit | undefined
  /** Whether `x-envoy-expected-rq-timeout-ms` of a request takes the place of `requestMs`. */
  readonly respectsExpected: boolean
}

/** How far the `grpc-timeout` of a request counts (Envoy, RouteAction.MaxStreamDuration). */
export interface GrpcHeaderLimit {
  /** The longest that counts, in milliseconds; 0 for any. */
  readonly maxMs: number
  /** What is taken off in milliseconds, where something is left then. Default 0. */
  readonly offsetMs: number
}

/** What an action says about time. */
type TimedAction = Pick<
  ForwardAction,
  'timeoutMs' | 'maxStreamDurationMs' | 'idleTimeoutMs' | 'grpcMaxStreamDurationMs' | 'grpcTimeoutOffsetMs'
>

/**
 * @param action - The route's action; undefined when it neither forwards nor serves.
 * @param listener - Its limits count where the route does not say; an explicit 0 of the route says that there is none.
 * @returns the limits of each view.
 */
export function compileTimeouts(
  action: TimedAction | undefined,
  listener: ListenerConfig,
): Record<View, RouteTimeouts> {
  const streamMs = action?.maxStreamDurationMs ?? listener.maxStreamDurationMs
  const maxMs = action?.grpcMaxStreamDurationMs
  const requestMs = action?.timeoutMs ?? DEFAULT_TIMEOUT_MS
  // Istio writes a rule's `timeout` a second time here for clients without a proxy, since gRPC reads no other. Sidecars get the first alone,
  // which does not count the time that the caller takes for the body of its request.
  const repeated = action?.maxStreamDurationMs === requestMs
  return {
    http: {
      requestMs,
      streamMs: repeated ? 0 : streamMs,
      idleMs: action?.idleTimeoutMs ?? listener.idleTimeoutMs ?? DEFAULT_IDLE_MS,
      sendingMs: listener.requestTimeoutMs ?? 0,
      grpcHeader: maxMs === undefined ? undefined : { maxMs, offsetMs: action?.grpcTimeoutOffsetMs ?? 0 },
      respectsExpected: listener.router?.respectsExpectedTimeout === true,
    },
    // gRFC A31: `timeout` is not read, and `grpc_timeout_header_max` goes before `max_stream_duration`.
    grpc: {
      requestMs: 0,
      streamMs: maxMs ?? streamMs,
      idleMs: 0,
      sendingMs: 0,
      grpcHeader: undefined,
      respectsExpected: false,
    },
  }
}

/**
 * @param timeouts - Limits of the route.
 * @param request - The request.
 * @returns the limits with what the request itself asks for in place of the route's: in `x-envoy-upstream-rq-timeout-ms`, and where the
 * configuration lets it in `x-envoy-expected-rq-timeout-ms` and `grpc-timeout`.
 */
export function timeoutsOf(timeouts: RouteTimeouts, request: RequestView): RouteTimeouts {
  const expected = timeouts.respectsExpected ? request.header(EXPECTED_TIMEOUT_HEADER) : undefined
  const asked = expected ?? (request.steered === true ? request.header('x-envoy-upstream-rq-timeout-ms') : undefined)
  const requestMs = asked !== undefined && /^\d{1,12}$/.test(asked) ? Number(asked) : timeouts.requestMs
  const { grpcHeader } = timeouts
  const grpcMs = grpcHeader && grpcTimeoutMs(request, grpcHeader)
  if (grpcMs === undefined) return requestMs === timeouts.requestMs ? timeouts : { ...timeouts, requestMs }
  return { ...timeouts, requestMs, streamMs: grpcMs }
}

function grpcTimeoutMs(request: RequestView, { maxMs, offsetMs }: GrpcHeaderLimit): number | undefined {
  const header = request.header(GRPC_TIMEOUT_HEADER)
  const asked = header === undefined ? undefined : parseGrpcTimeoutMs(header)
  if (asked === undefined) return undefined
  const limited = maxMs > 0 && (asked === 0 || asked > maxMs) ? maxMs : asked
  return limited > offsetMs ? limited - offsetMs : limited
}
