import type { RequestView } from '../call/request-view.js'
import type { ForwardAction } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { View } from '../model/view.js'

/** Envoy's RouteAction.timeout when it is not set. */
const DEFAULT_TIMEOUT_MS = 15_000

/** What a route says about time, resolved for one view. 0 means no limit. */
export interface RouteTimeouts {
  /** From the end of the request to the end of the response in milliseconds, all attempts included. */
  readonly requestMs: number
  /** From the start of the request to the end of the response in milliseconds, all attempts included. */
  readonly streamMs: number
}

/**
 * @param action - The route's action; undefined when it does not forward.
 * @param listener - Its limits count where the route does not say; an explicit 0 of the route says that there is none.
 * @returns the limits of each view.
 */
export function compileTimeouts(
  action: ForwardAction | undefined,
  listener: ListenerConfig,
): Record<View, RouteTimeouts> {
  const streamMs = action?.maxStreamDurationMs ?? listener.maxStreamDurationMs
  return {
    http: { requestMs: action?.timeoutMs ?? DEFAULT_TIMEOUT_MS, streamMs },
    // gRFC A31: `timeout` is not read, and `grpc_timeout_header_max` goes before `max_stream_duration`.
    grpc: { requestMs: 0, streamMs: action?.grpcMaxStreamDurationMs ?? streamMs },
  }
}

/**
 * @param timeouts - Limits of the route.
 * @param request - A request with `x-envoy-` headers.
 * @returns the limits with what the request asks for in place of the route's timeout (Envoy, "x-envoy-upstream-rq-timeout-ms").
 */
export function steeredTimeouts(timeouts: RouteTimeouts, request: RequestView): RouteTimeouts {
  const asked = request.header('x-envoy-upstream-rq-timeout-ms')
  if (asked === undefined || !/^\d{1,12}$/.test(asked)) return timeouts
  return { ...timeouts, requestMs: Number(asked) }
}
