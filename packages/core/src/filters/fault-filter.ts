import { GrpcStatus, type LocalReply, localReplies } from '../call/local-reply.js'
import type { FaultConfig } from '../model/filter-config.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict, type Wait } from './filter.js'

/** gRFC A33: how an abort given as an HTTP status looks to a gRPC call. Statuses not listed become UNKNOWN. */
const GRPC_FROM_HTTP: ReadonlyMap<number, number> = new Map([
  [400, GrpcStatus.INTERNAL],
  [401, GrpcStatus.UNAUTHENTICATED],
  [403, GrpcStatus.PERMISSION_DENIED],
  [404, GrpcStatus.UNIMPLEMENTED],
  [429, GrpcStatus.UNAVAILABLE],
  [502, GrpcStatus.UNAVAILABLE],
  [503, GrpcStatus.UNAVAILABLE],
  [504, GrpcStatus.UNAVAILABLE],
])

/** Delays and aborts requests as configured, each by dice of its own, the delay first (Envoy, "Fault Injection"; gRFC A33). */
export class FaultFilter implements Filter {
  readonly name: string
  readonly #config: FaultConfig
  readonly #abort: LocalReply | undefined
  readonly #wait: Wait | undefined

  /**
   * @param name - Instance name from the listener.
   * @param config - What to inject.
   */
  constructor(name: string, config: FaultConfig) {
    this.name = name
    this.#config = config
    this.#abort = abortReply(name, config)
    if (config.delay !== undefined) {
      this.#wait = {
        kind: 'wait',
        delayMs: config.delay.durationMs,
        resume: (context) => this.#abortOrContinue(context),
      }
    }
  }

  request(context: FilterContext): Verdict {
    const delay = this.#config.delay
    if (delay !== undefined && context.random.below(1_000_000) < delay.fraction.perMillion) return this.#wait!
    return this.#abortOrContinue(context)
  }

  #abortOrContinue(context: FilterContext): Verdict {
    const abort = this.#config.abort
    if (abort === undefined || context.random.below(1_000_000) >= abort.fraction.perMillion) return CONTINUE
    return this.#abort!
  }
}

function abortReply(name: string, config: FaultConfig): LocalReply | undefined {
  const abort = config.abort
  if (abort === undefined) return undefined
  const detail = `aborted by filter ${name}`
  // Envoy answers an HTTP call that is aborted with a gRPC status by 200 and the status in headers; the carrier adds those.
  if (abort.grpcStatus !== undefined) return localReplies.fault(200, abort.grpcStatus, detail)
  const httpStatus = abort.httpStatus ?? 503
  return localReplies.fault(httpStatus, GRPC_FROM_HTTP.get(httpStatus) ?? GrpcStatus.UNKNOWN, detail)
}
