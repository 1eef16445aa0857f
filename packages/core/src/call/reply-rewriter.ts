import { writeBody } from '../format/body-writer.js'
import type { FormatContext } from '../format/format-context.js'
import { HeaderChanges } from '../headers/header-changes.js'
import { compileHeaderMatch } from '../matching/request-matcher.js'
import type { BodyFormat } from '../model/body-format.js'
import type { LocalReplyConfig, ReplyCondition, ReplyMapper } from '../model/local-reply-config.js'
import { grpcFromHttp, type LocalReply } from './local-reply.js'

/** An answer of the mesh itself, made over. */
export interface RewrittenReply extends LocalReply {
  /** Type of the body, where a format says it. */
  readonly contentType?: string
}

/** An answer and the request that it is for. */
export interface RepliedExchange extends FormatContext {
  /** HTTP status of the answer. */
  readonly replyStatus: number
}

interface CompiledMapper {
  readonly matches: (exchange: RepliedExchange) => boolean
  readonly source: ReplyMapper
  readonly headers: HeaderChanges | undefined
}

/** Makes answers of the mesh itself over as a listener says (Envoy, "Local reply modification"). */
export class ReplyRewriter {
  readonly #mappers: readonly CompiledMapper[]
  readonly #format: BodyFormat | undefined

  /**
   * @param config - What becomes of them.
   */
  constructor({ mappers, format }: LocalReplyConfig) {
    this.#mappers = mappers.map((source) => ({
      source,
      matches: compileCondition(source.condition),
      headers: HeaderChanges.compile([{ responseHeaders: { remove: [], add: source.headers } }], 'responseHeaders'),
    }))
    this.#format = format
  }

  /**
   * Makes an answer over. Headers are added to the response of the exchange.
   *
   * @param reply - The answer.
   * @param exchange - The request, with the head of the answer as its response.
   * @param statusChanged - Told of another status before the body is made, whose format may have it.
   */
  rewrite(reply: LocalReply, exchange: RepliedExchange, statusChanged: (status: number) => void): RewrittenReply {
    const mapper = this.#mappers.find(({ matches }) => matches(exchange))
    const format = mapper?.source.format ?? this.#format
    if (mapper === undefined && format === undefined) return reply
    const { status = reply.httpStatus, body = reply.body } = mapper?.source ?? {}
    mapper?.headers?.apply(exchange.response!.headers, exchange)
    let { grpcStatus } = reply
    if (status !== reply.httpStatus) {
      statusChanged(status)
      grpcStatus = grpcFromHttp(status)
    }
    const made = { ...reply, httpStatus: status, grpcStatus }
    if (format === undefined) return { ...made, body }
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    return { ...made, body: writeBody(format, exchange, text), contentType: format.contentType }
  }
}

function compileCondition(condition: ReplyCondition): CompiledMapper['matches'] {
  switch (condition.kind) {
    case 'status':
      return compileComparison(condition)
    case 'header': {
      const matches = compileHeaderMatch(condition.match)
      return ({ request }) => matches(request)
    }
    case 'flags': {
      const wanted = new Set(condition.flags)
      return ({ responseFlags }) => {
        if (wanted.size === 0) return responseFlags !== '-'
        return responseFlags.split(',').some((flag) => wanted.has(flag))
      }
    }
    case 'all': {
      const all = condition.conditions.map(compileCondition)
      return (exchange) => all.every((matches) => matches(exchange))
    }
    case 'any': {
      const any = condition.conditions.map(compileCondition)
      return (exchange) => any.some((matches) => matches(exchange))
    }
  }
}

function compileComparison({
  operator,
  status,
}: Extract<ReplyCondition, { kind: 'status' }>): CompiledMapper['matches'] {
  switch (operator) {
    case 'equal':
      return ({ replyStatus }) => replyStatus === status
    case 'at-least':
      return ({ replyStatus }) => replyStatus >= status
    case 'at-most':
      return ({ replyStatus }) => replyStatus <= status
    case 'not-equal':
      return ({ replyStatus }) => replyStatus !== status
  }
}
