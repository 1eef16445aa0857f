import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import {
  BAGGAGE_HEADER,
  boundedBaggage,
  type CarriedContext,
  type Clock,
  EXPECTED_TIMEOUT_HEADER,
  GRPC_TIMEOUT_HEADER,
  PRIORITY_HEADER,
  parseGrpcTimeoutMs,
  parseTimeoutMs,
  parseUrgency,
  RequestContext,
  Trace,
  type TracePropagation,
} from '@inmesh/core'
import { isGrpcType } from '../head/grpc-type.js'
import { originatingClient } from './originating-client.js'
import type { TrustedNetworks } from './trusted-networks.js'
import { stripUntrustedHeaders } from './untrusted-headers.js'

/**
 * Makes the context of a request from its headers. Of a peer that is not trusted only the trace is taken; what else it says is removed
 * from the request.
 *
 * @param request - The request.
 * @param trusted - Whose word counts.
 * @param clock - The clock on whose scale the deadline lies.
 * @param propagation - Reads the trace.
 */
export function inboundContext(
  request: IncomingMessage,
  trusted: TrustedNetworks,
  clock: Clock,
  propagation: TracePropagation,
): RequestContext {
  const { headers, socket } = request
  const { traceparent, tracestate, b3 } = propagation.read(headers)
  const trace = new Trace(traceparent, tracestate, b3 && { b3 })
  const address = socket.remoteAddress ?? ''
  if (!trusted.trusts(connectionOf(request))) {
    stripUntrustedHeaders(request)
    return new RequestContext(Number.POSITIVE_INFINITY, { trace, clientAddress: address })
  }
  const timeoutMs = timeoutOf(headers)
  const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : clock.now() + timeoutMs
  const priority = headers[PRIORITY_HEADER]
  const carried: CarriedContext = {
    trace,
    baggage: propagation.baggage ? baggageOf(headers) : '',
    priority: typeof priority === 'string' ? parseUrgency(priority) : undefined,
    clientAddress: originatingClient(request, trusted) ?? address,
  }
  return new RequestContext(deadline, carried)
}

/** What the caller gives the request, the least where it says it twice. Envoy reads 0 as "no limit". */
function timeoutOf(headers: IncomingHttpHeaders): number {
  const expected = headers[EXPECTED_TIMEOUT_HEADER]
  const expectedMs = typeof expected === 'string' ? parseTimeoutMs(expected) : undefined
  const grpc = headers[GRPC_TIMEOUT_HEADER]
  const grpcMs = typeof grpc === 'string' && isGrpcType(headers['content-type']) ? parseGrpcTimeoutMs(grpc) : undefined
  return Math.min(expectedMs || Number.POSITIVE_INFINITY, grpcMs || Number.POSITIVE_INFINITY)
}

function baggageOf(headers: IncomingHttpHeaders): string {
  const baggage = headers[BAGGAGE_HEADER]
  return typeof baggage === 'string' ? boundedBaggage(baggage) : ''
}

/** Of HTTP/2 each request shows a socket of its own, and the session that they share shows one for all. */
function connectionOf(request: IncomingMessage): Socket {
  // Asked first: to look for what is not there takes long on an object that a framework has made over.
  if (request.httpVersionMajor === 1) return request.socket
  const { stream } = request as { readonly stream?: { readonly session?: { readonly socket: Socket } } }
  return stream?.session?.socket ?? request.socket
}
