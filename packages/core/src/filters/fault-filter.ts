import { GrpcStatus, grpcFromHttp, type LocalReply, localReplies } from '../call/local-reply.js'
import type { RequestView } from '../call/request-view.js'
import { compileHeaderMatch, type RequestMatcher } from '../matching/request-matcher.js'
import type { FaultConfig, FaultDelay, FaultShare } from '../model/filter-config.js'
import { happens } from '../ports/happens.js'
import { ActiveFaults } from './active-faults.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'

const DELAY_HEADER = 'x-envoy-fault-delay-request'
const DELAY_SHARE_HEADER = 'x-envoy-fault-delay-request-percentage'
const ABORT_HEADER = 'x-envoy-fault-abort-request'
const ABORT_GRPC_HEADER = 'x-envoy-fault-abort-grpc-request'
const ABORT_SHARE_HEADER = 'x-envoy-fault-abort-request-percentage'
const RATE_HEADER = 'x-envoy-fault-throughput-response'
const RATE_SHARE_HEADER = 'x-envoy-fault-throughput-response-percentage'
const NODE_HEADER = 'x-envoy-downstream-service-node'

const NOTHING = (): void => {}

/** The longest time that a timer can wait. */
const LONGEST_DELAY_MS = 2_147_483_647

/**
 * Delays and aborts requests and slows responses down as configured, each by dice of its own, the rate of the response first and then the
 * delay (Envoy, "Fault Injection"; gRFC A33, which has no rate). Where the
 * configuration leaves it to them, requests ask for their own fault in headers; an application that sets them on its way out means it,
 * from inbound requests of strangers they are stripped, and to upstreams they do not go.
 *
 * Which requests it is for, by their headers, node and cluster, counts for HTTP only: gRPC does not read these conditions (gRFC A33, "Deferred
 * Fault Injection Features"), and takes the fault for every call.
 */
export class FaultFilter implements Filter {
  readonly name: string
  readonly #config: FaultConfig
  readonly #key: string
  readonly #conditions: readonly RequestMatcher[]
  readonly #elsewhere: boolean
  /** What a configured abort answers; undefined where requests say. */
  readonly #abort: LocalReply | undefined

  /**
   * @param name - Instance name from the listener.
   * @param config - What to inject.
   * @param listener - Name of the listener.
   * @param elsewhere - Whether it is meant for requests to another cluster.
   */
  constructor(name: string, config: FaultConfig, listener: string, elsewhere = false) {
    this.name = name
    this.#config = config
    this.#key = `${listener}\n${name}`
    this.#conditions = compileConditions(config)
    this.#elsewhere = elsewhere
    this.#abort = config.abort && abortReply(name, config.abort.httpStatus, config.abort.grpcStatus)
  }

  request(context: FilterContext): Verdict {
    const { request, faults } = context
    const key = request.view === 'grpc' ? ActiveFaults.GRPC : this.#key
    const { delay, maxActive } = this.#config
    if (maxActive !== undefined && faults.count(key) >= maxActive) return CONTINUE
    if (request.view === 'http' && !this.#applies(request)) return CONTINUE
    // A request counts once, whatever is done to it (Envoy).
    const limited = request.view === 'http' && this.#limitsResponse(context)
    if (limited) context.atEnd(faults.begin(key))
    const delayMs = delay === undefined ? 0 : drawDelayMs(delay, context)
    if (delayMs === 0) return this.#abortOrContinue(context, limited ? undefined : key)
    const end = limited ? NOTHING : faults.begin(key)
    context.atEnd(end)
    context.delayInjected = true
    return {
      kind: 'wait',
      delayMs,
      resume: (resumed) => {
        // In Envoy a fault lasts as long as its request, for gRPC as long as the delay.
        if (request.view === 'grpc') end()
        return this.#abortOrContinue(resumed, undefined)
      },
    }
  }

  #limitsResponse(context: FilterContext): boolean {
    const { responseRate } = this.#config
    if (responseRate === undefined || !drawn(responseRate, RATE_SHARE_HEADER, context)) return false
    const kbps = responseRate.kbps ?? wholeNumber(context.request.header(RATE_HEADER)) ?? 0
    context.responseKbps = kbps
    return kbps > 0
  }

  #applies(request: RequestView): boolean {
    if (this.#elsewhere) return false
    for (let index = 0; index < this.#conditions.length; index++) {
      if (!this.#conditions[index]!(request)) return false
    }
    return true
  }

  /** @param key - Where an abort is counted; undefined when the request is counted already. */
  #abortOrContinue(context: FilterContext, key: string | undefined): Verdict {
    const { abort } = this.#config
    if (abort === undefined || !drawn(abort, ABORT_SHARE_HEADER, context)) return CONTINUE
    const reply = this.#abort ?? this.#abortAsked(context.request)
    if (reply === undefined) return CONTINUE
    if (key !== undefined) context.atEnd(context.faults.begin(key))
    return reply
  }

  #abortAsked(request: RequestView): LocalReply | undefined {
    const httpStatus = wholeNumber(request.header(ABORT_HEADER))
    if (httpStatus !== undefined && httpStatus >= 200 && httpStatus < 600) {
      return abortReply(this.name, httpStatus, undefined)
    }
    const grpcStatus = wholeNumber(request.header(ABORT_GRPC_HEADER))
    if (grpcStatus === undefined) return undefined
    return abortReply(this.name, undefined, grpcStatus > GrpcStatus.UNAUTHENTICATED ? GrpcStatus.UNKNOWN : grpcStatus)
  }
}

/** @returns milliseconds; 0 for no delay. */
function drawDelayMs(delay: FaultDelay, context: FilterContext): number {
  if (!drawn(delay, DELAY_SHARE_HEADER, context)) return 0
  const delayMs = delay.durationMs ?? wholeNumber(context.request.header(DELAY_HEADER)) ?? 0
  return Math.min(delayMs, LONGEST_DELAY_MS)
}

/** Throws the dice. Where requests ask, they can lower the share and not raise it. */
function drawn(fault: FaultShare, shareHeader: string, { request, random }: FilterContext): boolean {
  const { fraction, askedUnit } = fault
  let { perMillion } = fraction
  if (askedUnit !== undefined) {
    const asked = wholeNumber(request.header(shareHeader))
    if (asked !== undefined) perMillion = Math.min(perMillion, asked * askedUnit)
  }
  return happens(random, perMillion)
}

function compileConditions({ headers = [], downstreamNodes = [] }: FaultConfig): readonly RequestMatcher[] {
  const conditions = headers.map(compileHeaderMatch)
  if (downstreamNodes.length > 0) {
    const nodes = new Set(downstreamNodes)
    conditions.unshift((request) => nodes.has(request.header(NODE_HEADER) ?? ''))
  }
  return conditions
}

function abortReply(
  name: string,
  httpStatus: number | undefined,
  grpcStatus: number | undefined,
): LocalReply | undefined {
  const detail = `aborted by filter ${name}`
  // Envoy answers an HTTP call that is aborted with a gRPC status by 200 and the status in headers; the carrier adds those.
  if (grpcStatus !== undefined) return localReplies.fault(200, grpcStatus, detail)
  if (httpStatus === undefined) return undefined
  return localReplies.fault(httpStatus, grpcFromHttp(httpStatus), detail)
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
